package main

import (
	_ "embed"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

//go:embed starter.yaml
var starter []byte

func initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented estate to begin with",
		Long:  "Init writes a commented estate to begin with, to estate.yaml unless another file is named. It never overwrites one.",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			file := "estate.yaml"
			if len(args) > 0 {
				file = args[0]
			}
			f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
			if err != nil {
				return err
			}
			if _, err := f.Write(starter); err != nil {
				return err
			}
			fmt.Fprintf(os.Stderr, "wrote %s; change it, then: airfield design %s\n", file, file)
			return f.Close()
		},
	}
}
