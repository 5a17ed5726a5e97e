// Verifies the log's side of one bundle with golang.org/x/mod/sumdb, the
// library with which the Go command checks its own module log.
//
//	verify VKEY BUNDLE EARLIER TILES
//
// It checks the checkpoint's signature, the inclusion proof of the entry, and,
// from the log's tiles, that the checkpoint continues the earlier one that the
// reader has kept. It knows nothing of statements and certificates. Exits 0
// where all holds; where something does not, exits 1 and says `refused:
// <reason>` on standard error.
package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type bundle struct {
	VerificationMaterial struct {
		TlogEntries []struct {
			CanonicalizedBody []byte
			InclusionProof    struct {
				LogIndex   string
				Hashes     [][]byte
				Checkpoint struct{ Envelope string }
			}
		}
	}
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "four arguments: VKEY BUNDLE EARLIER TILES")
		os.Exit(2)
	}
	files := make([][]byte, 3)
	for i := range files {
		var err error
		if files[i], err = os.ReadFile(os.Args[i+1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	if err := verify(string(files[0]), files[1], files[2], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

func verify(vkey string, bundleJSON, earlier []byte, tiles string) error {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return err
	}
	var b bundle
	if err := json.Unmarshal(bundleJSON, &b); err != nil {
		return err
	}
	if len(b.VerificationMaterial.TlogEntries) != 1 {
		return errors.New("not one log entry")
	}
	entry := b.VerificationMaterial.TlogEntries[0]
	tree, err := open([]byte(entry.InclusionProof.Checkpoint.Envelope), verifier)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := included(entry.CanonicalizedBody, entry.InclusionProof.LogIndex,
		entry.InclusionProof.Hashes, tree); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	kept, err := open(earlier, verifier)
	if err != nil {
		return fmt.Errorf("earlier checkpoint: %w", err)
	}
	if err := continues(kept, tree, tiles); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

// open verifies a checkpoint and reads its size and root.
func open(checkpoint []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(checkpoint, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 3 {
		return tlog.Tree{}, errors.New("too few lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, errors.New("the root is not base64 of 32 bytes")
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree, nil
}

func included(body []byte, indexText string, hashes [][]byte, tree tlog.Tree) error {
	index, err := strconv.ParseInt(indexText, 10, 64)
	if err != nil {
		return err
	}
	proof := make(tlog.RecordProof, len(hashes))
	for i, hash := range hashes {
		if copy(proof[i][:], hash) != tlog.HashSize {
			return errors.New("a hash has not 32 bytes")
		}
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(body))
}

func continues(old, new tlog.Tree, tiles string) error {
	reader := tlog.TileHashReader(new, folder(tiles))
	proof, err := tlog.ProveTree(new.N, old.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, new.N, new.Hash, old.N, old.Hash)
}

// folder reads a log's tiles from files, by the path rules of C2SP tlog-tiles.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	read := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := f.path(tile.L, tile.N)
		if tile.W < 256 {
			path += fmt.Sprintf(".p/%d", tile.W)
		}
		bytes, err := os.ReadFile(path)
		if err != nil && tile.W < 256 {
			// A partial tile may have been replaced by the full one.
			bytes, err = os.ReadFile(f.path(tile.L, tile.N))
		}
		if err != nil {
			return nil, err
		}
		if len(bytes) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is too short", path)
		}
		read[i] = bytes[:tile.W*tlog.HashSize]
	}
	return read, nil
}

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) path(level int, index int64) string {
	name := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		name = fmt.Sprintf("x%03d/%s", index%1000, name)
	}
	return filepath.Join(string(f), "tile", strconv.Itoa(level), filepath.FromSlash(name))
}
