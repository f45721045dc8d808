package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"airfield/catalog"

	"github.com/spf13/cobra"
)

func catalogCommand() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "catalog",
		Short: "Show the tables of facts, with source and date",
		Long:  "Catalog lists the tables of facts that designs rest on: sizes, prices, regions, images, limits, names. Each has its source, the day it was read, and its licence.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return printJSON(catalog.Sources())
			}
			w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "TABLE\tREAD\tLICENCE\tSOURCE")
			for _, s := range catalog.Sources() {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Table, s.Read, s.Licence, s.From)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return c
}
