// WEBHOOK_SECRET=whsec_… PORT=8080 go run receiver.go        (Go 1.21 or newer, standard library)
package main

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

const tolerance = 300 * time.Second

// verify takes the body as it came, before anything parsed it. The secret is whsec_…, a text of your own, or, for an
// ed25519 webhook, its public key whpk_….
func verify(header http.Header, body []byte, secret string) error {
	id, timestamp, signatures := header.Get("webhook-id"), header.Get("webhook-timestamp"), header.Get("webhook-signature")
	if id == "" || timestamp == "" || signatures == "" {
		return errors.New("a webhook header is missing")
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return errors.New("the timestamp is too old or too new")
	}
	// A text of your own signs as it stands.
	key := []byte(secret)
	if strings.HasPrefix(secret, "whsec_") || strings.HasPrefix(secret, "whpk_") {
		_, encoded, _ := strings.Cut(secret, "_")
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return errors.New("the secret is not base64")
		}
	}
	signed := append([]byte(id+"."+timestamp+"."), body...)
	// Several signatures, separated by spaces, while a secret is being rotated: one that fits is enough.
	for _, part := range strings.Split(signatures, " ") {
		version, text, _ := strings.Cut(part, ",")
		given, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			continue
		}
		if strings.HasPrefix(secret, "whpk_") {
			if version == "v1a" && len(key) == ed25519.PublicKeySize && ed25519.Verify(key, signed, given) {
				return nil
			}
			continue
		}
		expected := hmac.New(sha256.New, key)
		expected.Write(signed)
		if version == "v1" && hmac.Equal(given, expected.Sum(nil)) {
			return nil
		}
	}
	return errors.New("no signature fits")
}

func main() {
	secret := os.Getenv("WEBHOOK_SECRET")
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	// In production: a table with a unique key, written in the transaction that does the work.
	var seen sync.Map
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, 1<<20))
		if err == nil {
			err = verify(request.Header, body, secret)
		}
		if err != nil {
			http.Error(response, err.Error(), http.StatusUnauthorized)
			return
		}
		id := request.Header.Get("webhook-id")
		if _, isKnown := seen.LoadOrStore(id, true); !isKnown {
			fmt.Printf("received %s %s\n", id, body)
		}
		// Answer soon, within the webhook's timeout: work that takes longer goes to a queue of your own.
		response.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, nil))
}
