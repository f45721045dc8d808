package diag

import "strings"

// DidYouMean gives `; did you mean "x"?` for the candidate that name was most
// likely meant to be, and "" where none is near: at most one edit for every
// three letters, letter case aside. Of equally near candidates the first wins.
func DidYouMean(name string, candidates []string) string {
	if near := Nearest(name, candidates); near != "" {
		return `; did you mean "` + near + `"?`
	}
	return ""
}

// Nearest gives the candidate nearest to name, or "" where none is near.
func Nearest(name string, candidates []string) string {
	if len(name) > 200 {
		return ""
	}
	name = strings.ToLower(name)
	best, bestDistance := "", len(name)/3+1
	for _, c := range candidates {
		if d := distance(name, strings.ToLower(c), bestDistance); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance counts the edits from a to b (insert, delete, replace, swap
// neighbours), and gives up at limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
