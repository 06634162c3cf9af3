// A codec of u32 big-endian frames, with nothing but the standard library.
//
//	go build -o codec examples/testees/codec.go
//	unstick codec -- ./codec {mode}
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// readFrame returns the next payload, or io.EOF at a clean end of the stream. Memory grows with
// what arrives, and not with what is announced.
func readFrame(stream io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(stream, length[:]); err != nil {
		return nil, err
	}
	announced := int64(binary.BigEndian.Uint32(length[:]))
	payload, err := io.ReadAll(io.LimitReader(stream, announced))
	if err == nil && int64(len(payload)) < announced {
		err = io.ErrUnexpectedEOF
	}
	return payload, err
}

func writeFrame(stream io.Writer, payload []byte) error {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	_, err := stream.Write(append(frame, payload...))
	return err
}

func stream() error {
	in, out := bufio.NewReader(os.Stdin), os.Stdout
	for {
		payload, err := readFrame(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := writeFrame(out, payload); err != nil {
			return err
		}
	}
}

func lengths() error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		word, value, _ := strings.Cut(lines.Text(), " ")
		if word == "pack" {
			if length, err := strconv.ParseUint(value, 10, 32); err != nil {
				fmt.Println("error", err)
			} else {
				fmt.Printf("octets %x\n", binary.BigEndian.AppendUint32(nil, uint32(length)))
			}
		} else if octets, err := hex.DecodeString(value); err != nil || len(octets) != 4 {
			fmt.Println("error a length is 4 octets")
		} else {
			fmt.Println("length", binary.BigEndian.Uint32(octets))
		}
	}
	return lines.Err()
}

func main() {
	mode := stream
	if len(os.Args) > 1 && os.Args[1] == "lengths" {
		mode = lengths
	}
	if err := mode(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
