package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newCheck() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check the configuration, the rule pack and its examples",
		Long: `Checks pipeline.yaml, the rule pack with its examples and every watch's query.
Prints every mistake as file:line:col: what; what to do, and exits with 2.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := loadConfig(cmd, path)
			if err != nil {
				return err
			}
			prepared, err := prepare(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is right: %s, %s, %s; pack %s\n", path,
				plural(len(file.Ingest.Feeds), "feed"), plural(len(file.Alert.Watches), "watch"), plural(len(file.Alert.Receivers), "receiver"),
				prepared.Rules())
			return nil
		},
	}
	configFlag(cmd, &path)
	return cmd
}
