package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"marsad/config"
	"marsad/internal/field"
	"marsad/pipeline"
)

// defaultConfig is the file that commands read when --config is not given; a
// missing one then means the defaults.
const defaultConfig = "pipeline.yaml"

// configFlag adds --config to cmd.
func configFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVarP(path, "config", "c", defaultConfig, "configuration file")
}

// loadConfig reads the file at path. A default file that is not there means the
// default configuration; a named one must be there.
func loadConfig(cmd *cobra.Command, path string) (*config.File, error) {
	f, err := config.Load(path)
	switch {
	case err == nil:
		return f, nil
	case errors.Is(err, os.ErrNotExist) && !cmd.Flags().Changed("config"):
		return &config.File{Config: config.Default()}, nil
	case errors.Is(err, os.ErrNotExist):
		return nil, usageError{fmt.Errorf("marsad: there is no %s; name another with --config", path)}
	}
	if _, ok := errors.AsType[*config.Error](err); ok {
		return nil, usageError{err}
	}
	return nil, err
}

// prepare checks what needs the pack: its examples and the watches' queries.
// Mistakes come back as a usage error with their places.
func prepare(file *config.File) (*pipeline.Prepared, error) {
	prepared, err := pipeline.Prepare(file.Config)
	var mistakes *field.List
	switch {
	case err == nil:
		return prepared, nil
	case errors.As(err, &mistakes):
		return nil, usageError{file.Wrong(mistakes.Errors)}
	default:
		return nil, usageError{err}
	}
}

// checked reads the configuration at path and checks it as far as it can be
// without starting anything; it returns that with a console that logs at level.
func checked(cmd *cobra.Command, path, level string) (*config.File, *console, error) {
	file, err := loadConfig(cmd, path)
	if err != nil {
		return nil, nil, err
	}
	if _, err := prepare(file); err != nil {
		return nil, nil, err
	}
	lvl, err := logLevel(level)
	if err != nil {
		return nil, nil, err
	}
	return file, newConsole(cmd.ErrOrStderr(), lvl), nil
}

func logLevel(s string) (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(s)); err != nil {
		return 0, usageError{fmt.Errorf("marsad: --log %q is none of debug, info, warn, error", s)}
	}
	return l, nil
}
