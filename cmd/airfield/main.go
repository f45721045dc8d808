// Command airfield designs the landing zones of AI workloads on Azure
// infrastructure.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"airfield/diag"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitGood     = 0
	exitFindings = 1 // the input has findings that are errors
	exitFailed   = 2 // misuse, unreadable input, a failure of the machine
)

// errFindings says that findings were printed, and ends the program with
// exitFindings.
var errFindings = errors.New("findings")

const about = `Airfield turns one file that lists an organization's AI workloads into their
landing zone on Azure: management groups, subscriptions, resource groups, tags,
access, budgets, policy, networks, storage and compute, with the reasons. And it
tells what the tenant you have would say to it: which policies, quota and limits
stop it, why, and the smallest change that lets it through.

No Azure, no credentials and no network are needed: the tenant is a snapshot.`

// commands are the commands, in the order they are used.
func commands() []*cobra.Command {
	return []*cobra.Command{initCommand(), designCommand(), computeCommand(), snapshotCommand(), groupsCommand(), reviewCommand(), explainCommand(), allowedCommand(), whatifCommand(), runwayCommand(), costCommand(), policyCommand(), accessCommand(), catalogCommand()}
}

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // what is read is kept until the end: collecting it more often finds little
	}
	floor := make([]byte, 40<<20) // never touched, so that it takes no memory: most work is done before five times as much is used
	code := run(os.Args[1:])
	runtime.KeepAlive(floor)
	os.Exit(code)
}

// run runs the command that the arguments name and gives the exit code.
func run(args []string) int {
	root := &cobra.Command{
		Use:           "airfield",
		Short:         "AI landing zones on Azure, designed from one file and held against the tenant you have",
		Long:          about,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.AddCommand(commands()...)
	root.SetArgs(args)
	root.SetOut(os.Stdout)
	root.SetErr(os.Stderr)
	err := root.Execute()
	switch {
	case err == nil:
		return exitGood
	case errors.Is(err, errFindings):
		return exitFindings
	}
	fmt.Fprintln(os.Stderr, "airfield:", err)
	return exitFailed
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// errUnreadable says that the input could not be read at all: its findings are
// printed, and the exit code is exitFailed.
var errUnreadable = errors.New("the input cannot be read")

// printFindings prints findings to standard error.
func printFindings(found diag.List, colour bool) {
	for _, d := range found.Sorted() {
		line := d.String()
		if colour {
			line = map[diag.Severity]string{diag.Error: "\x1b[31m", diag.Warning: "\x1b[33m", diag.Info: "\x1b[2m"}[d.Severity] + line + "\x1b[0m"
		}
		fmt.Fprintln(os.Stderr, line)
	}
}
