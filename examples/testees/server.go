// A server of class `transfer`, with nothing but the standard library.
//
//	go build -o server examples/testees/server.go
//	unstick server -- ./server {port} {dir}
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const maxPayload = 1 << 20

var header = regexp.MustCompile(`(?s)^(.*),([0-9]{1,10})$`)

// message returns the next message, or io.EOF at a clean end of the stream.
func message(stream io.Reader) (string, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(stream, prefix[:]); err != nil {
		return "", err
	}
	length := binary.BigEndian.Uint32(prefix[:])
	if length > maxPayload {
		return "", fmt.Errorf("a payload of %d octets is too large", length)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(stream, payload); err != nil {
		return "", io.ErrUnexpectedEOF
	}
	if !utf8.Valid(payload) {
		return "", errors.New("not UTF-8")
	}
	return string(payload), nil
}

func reply(stream io.Writer, text string) error {
	now := time.Now().Format("2006年01月02日15时04分05秒")
	payload := "服务端于" + now + "收到了你发来的“" + text + "”信息!"
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))
	_, err := stream.Write(append(frame, payload...))
	return err
}

func receiveFile(stream io.Reader, directory string) (err error) {
	text, err := message(stream)
	if err != nil {
		return io.ErrUnexpectedEOF
	}
	parts := header.FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("not a header: %q", text)
	}
	name := parts[1]
	length, err := strconv.ParseUint(parts[2], 10, 32)
	if err != nil {
		return err
	}
	if len(name) < 1 || len(name) > 255 || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
		return fmt.Errorf("not a file name: %q", name)
	}
	partial, err := os.CreateTemp(directory, ".incoming-*")
	if err != nil {
		return err
	}
	defer os.Remove(partial.Name())
	defer partial.Close()
	if _, err := io.CopyN(partial, stream, int64(length)); err != nil {
		return io.ErrUnexpectedEOF
	}
	return os.Rename(partial.Name(), filepath.Join(directory, name))
}

func session(connection net.Conn, directory string) error {
	defer connection.Close()
	stream := bufio.NewReader(connection)
	for {
		text, err := message(stream)
		switch {
		case errors.Is(err, io.EOF) || text == "q" || text == "Q":
			return nil
		case err != nil:
			return err
		case text == "file" || text == "FILE":
			err = receiveFile(stream, directory)
		default:
			err = reply(connection, text)
		}
		if err != nil {
			return err
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			if err := session(connection, os.Args[2]); err != nil {
				log.Print(err)
			}
		}()
	}
}
