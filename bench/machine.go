package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine is what the numbers were measured on, as one paragraph.
type machine string

// describe asks the machine and the programs what they are.
func describe(ctx context.Context, b *bench) machine {
	var uts unix.Utsname
	_ = unix.Uname(&uts)
	scale := ""
	if b.quick {
		scale = "A tenth of the work, once: these numbers only show that it runs. "
	}
	return machine(fmt.Sprintf("%sMeasured %s on %s, %d processors, %.0f GB, Linux %s, %s; %s, %s, %s, %s. "+
		"Load before: %s. Medians, with the range where repeated; arrival is seen on the target's disk. "+
		"Stock rsync daemons on loopback: no socket options, use chroot.",
		scale, time.Now().Format("2006-01-02"), processor(), runtime.NumCPU(), memory(), unix.ByteSliceToString(uts.Release[:]), fileSystem(b.dir),
		says(ctx, b.syncsvc, "version"), says(ctx, "rsync", "--version"),
		"lsyncd "+says(ctx, "lsyncd", "--version"), says(ctx, "inotifywait", "--help"), load()))
}

// says returns the first line that a program prints.
func says(ctx context.Context, argv ...string) string {
	out, _ := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput()
	return strings.Join(strings.Fields(firstLine(string(out))), " ")
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return first
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// memory is in GB of 10^9.
func memory() float64 {
	var info unix.Sysinfo_t
	_ = unix.Sysinfo(&info)
	return float64(info.Totalram) * float64(info.Unit) / 1e9
}

func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// fileSystem names the kind of file system that dir is on.
func fileSystem(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "unknown file system"
	}
	names := map[int64]string{
		unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.TMPFS_MAGIC: "tmpfs",
		unix.BTRFS_SUPER_MAGIC: "btrfs", unix.OVERLAYFS_SUPER_MAGIC: "overlayfs",
	}
	if name, ok := names[int64(st.Type)]; ok {
		return name
	}
	return fmt.Sprintf("file system %#x", st.Type)
}
