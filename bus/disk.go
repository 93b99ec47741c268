package bus

import "golang.org/x/sys/unix"

// disk returns the free bytes (for this user) and the size of the file system
// that holds dir.
func disk(dir string) (free, total int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	size := uint64(st.Bsize)
	return int64(st.Bavail * size), int64(st.Blocks * size), nil
}
