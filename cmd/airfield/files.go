package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// writeFile replaces a file at once: whoever reads it finds the old text or the
// new, never a part.
func writeFile(path string, text []byte) error {
	return writeFileBy(path, func(w io.Writer) error { _, err := w.Write(text); return err })
}

// writeFileBy does what writeFile does with what write writes.
func writeFileBy(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".airfield-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err = write(f); err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// manifestName is the file in an output folder that lists what we wrote there,
// with the hash of each file.
const manifestName = ".airfield-files"

// journalName is the file that lists what a run has begun to write, while it
// runs: what a run that was ended left behind is ours all the same.
const journalName = ".airfield-writing"

// folder is an output folder. It only ever replaces or removes files that it
// wrote itself and that nobody has changed since.
type folder struct {
	dir   string
	wrote map[string]string // hash by path, of an earlier run
	now   map[string]string // of this run
	made  map[string]bool   // folders

	mu      sync.Mutex // files are created and closed side by side
	journal *os.File
	ready   []*placed // written, and not in their places yet
}

// openFolder reads what an earlier run wrote, and refuses where a file of it
// has been changed by hand.
func openFolder(dir string) (*folder, error) {
	f := &folder{dir: dir, wrote: map[string]string{}, now: map[string]string{}, made: map[string]bool{}}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := f.readManifest(); err != nil {
		return nil, err
	}
	begun, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for path := range strings.Lines(string(begun)) {
		if path = strings.TrimSuffix(path, "\n"); filepath.IsLocal(path) {
			f.wrote[path] = ""
			os.Remove(filepath.Join(dir, path) + freshSuffix)
		}
	}
	f.journal, err = os.OpenFile(filepath.Join(dir, journalName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	return f, err
}

// readManifest reads what an earlier run wrote.
func (f *folder) readManifest() error {
	dir := f.dir
	manifest, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var changed []string
	for line := range strings.Lines(string(manifest)) {
		sum, path, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || !filepath.IsLocal(path) {
			return fmt.Errorf("%s is not as airfield wrote it: restore it or choose another folder", filepath.Join(dir, manifestName))
		}
		f.wrote[path] = sum
		have, err := hashFile(filepath.Join(dir, path))
		if err == nil && have != sum {
			changed = append(changed, filepath.Join(dir, path))
		}
	}
	if len(changed) > 0 {
		more := ""
		if len(changed) > 3 {
			more = fmt.Sprintf(" and %d more", len(changed)-3)
			changed = changed[:3]
		}
		return fmt.Errorf("changed since airfield wrote them: %s%s; move them away or choose another folder", strings.Join(changed, ", "), more)
	}
	return nil
}

func hashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// freshSuffix ends the name of a file until it is put in its place.
const freshSuffix = ".new~"

// create opens a file of the folder. It is put in its place with all others, by
// close.
func (f *folder) create(path string) (io.WriteCloser, error) {
	if !filepath.IsLocal(filepath.FromSlash(path)) {
		return nil, fmt.Errorf("%q leads out of the folder", path)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	full := filepath.Join(f.dir, filepath.FromSlash(path))
	if dir := filepath.Dir(full); !f.made[dir] {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		f.made[dir] = true
	}
	if _, ours := f.wrote[path]; !ours {
		if _, err := os.Lstat(full); err == nil {
			return nil, fmt.Errorf("%s exists and airfield did not write it: choose another folder", full)
		}
	}
	if _, err := f.journal.WriteString(path + "\n"); err != nil {
		return nil, err
	}
	temp, err := os.OpenFile(full+freshSuffix, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &placed{file: temp, hash: sha256.New(), full: full, path: path, folder: f}, nil
}

// placed is a file that is to take its place.
type placed struct {
	file       *os.File
	hash       hash.Hash
	full, path string
	folder     *folder
}

func (p *placed) Write(b []byte) (int, error) {
	p.hash.Write(b)
	return p.file.Write(b)
}

func (p *placed) Close() error {
	if err := p.file.Close(); err != nil {
		os.Remove(p.file.Name())
		return err
	}
	if strings.HasSuffix(p.path, ".sh") {
		if err := os.Chmod(p.file.Name(), 0o755); err != nil {
			return err
		}
	}
	p.folder.mu.Lock()
	defer p.folder.mu.Unlock()
	p.folder.now[p.path] = hex.EncodeToString(p.hash.Sum(nil))
	p.folder.ready = append(p.folder.ready, p)
	return nil
}

// close puts all files in their places, removes what an earlier run wrote and
// this one did not, and writes the manifest.
func (f *folder) close() error {
	for _, p := range f.ready {
		if err := os.Rename(p.file.Name(), p.full); err != nil {
			return err
		}
	}
	for path := range f.wrote {
		if _, again := f.now[path]; again {
			continue
		}
		full := filepath.Join(f.dir, filepath.FromSlash(path))
		if err := os.Remove(full); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for dir := filepath.Dir(full); dir != f.dir && os.Remove(dir) == nil; { // only empty ones go
			dir = filepath.Dir(dir)
		}
	}
	return f.writeManifest(f.now)
}

// abandon takes away what was written, and leaves what was there.
func (f *folder) abandon() error {
	for _, p := range f.ready {
		os.Remove(p.file.Name())
	}
	before := map[string]string{}
	for p, h := range f.wrote {
		if h != "" {
			before[p] = h
		}
	}
	return f.writeManifest(before)
}

func (f *folder) writeManifest(files map[string]string) error {
	lines := make([]string, 0, len(files))
	for path, sum := range files {
		lines = append(lines, sum+"  "+path+"\n")
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[64:], b[64:]) })
	if err := writeFile(filepath.Join(f.dir, manifestName), []byte(strings.Join(lines, ""))); err != nil {
		return err
	}
	return errors.Join(f.journal.Close(), os.Remove(filepath.Join(f.dir, journalName)))
}
