// Writes a database for trivy (schema 2, bbolt) from rows of advisories, so
// that trivy and Modu read the same:
//
//	trivy_db ROWS.jsonl FOLDER
//
// A row is {"package": NAME, "id": ID, "vulnerable": [CONSTRAINT, ...]}.
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	bolt "github.com/boltdb/bolt"
)

const source = "pip::Python Packaging Advisory Database"

type row struct {
	Package    string   `json:"package"`
	ID         string   `json:"id"`
	Vulnerable []string `json:"vulnerable"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func put(bucket *bolt.Bucket, key string, value interface{}) error {
	bytes, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return bucket.Put([]byte(key), bytes)
}

func main() {
	file, err := os.Open(os.Args[1])
	must(err)
	defer file.Close()
	folder := filepath.Join(os.Args[2], "db")
	must(os.MkdirAll(folder, 0o755))
	db, err := bolt.Open(filepath.Join(folder, "trivy.db"), 0o644, nil)
	must(err)
	must(db.Update(func(tx *bolt.Tx) error { return fill(tx, file) }))
	must(db.Close())
	metadata := `{"Version":2,"NextUpdate":"2100-01-01T00:00:00Z","UpdatedAt":"2026-01-01T00:00:00Z","DownloadedAt":"2026-01-01T00:00:00Z"}`
	must(os.WriteFile(filepath.Join(folder, "metadata.json"), []byte(metadata), 0o644))
}

func fill(tx *bolt.Tx, file *os.File) error {
	sources, err := tx.CreateBucketIfNotExists([]byte("data-source"))
	if err != nil {
		return err
	}
	about := map[string]string{"ID": "pypa", "Name": source, "URL": "https://github.com/pypa/advisory-database"}
	if err := put(sources, source, about); err != nil {
		return err
	}
	packages, err := tx.CreateBucketIfNotExists([]byte(source))
	if err != nil {
		return err
	}
	faults, err := tx.CreateBucketIfNotExists([]byte("vulnerability"))
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var one row
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return err
		}
		bucket, err := packages.CreateBucketIfNotExists([]byte(one.Package))
		if err != nil {
			return err
		}
		advisory := map[string][]string{"VulnerableVersions": one.Vulnerable}
		if err := put(bucket, one.ID, advisory); err != nil {
			return err
		}
		if err := put(faults, one.ID, map[string]string{"Title": one.ID}); err != nil {
			return err
		}
	}
	return lines.Err()
}
