// A client of class transfer, with nothing but the standard library.
//
//	go build -o client examples/testees/client.go
//	unstick client -- ./client {host} {port} {dir}
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

type client struct {
	connection net.Conn
	replies    *bufio.Reader
	directory  string
}

func (c *client) send(text string) error {
	octets := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	_, err := c.connection.Write(append(octets, text...))
	return err
}

func (c *client) receive() (string, error) {
	var length uint32
	if err := binary.Read(c.replies, binary.BigEndian, &length); err != nil {
		return "", fmt.Errorf("the server closed inside a reply, or instead of one: %w", err)
	}
	// What has come is kept, not what was announced.
	var payload strings.Builder
	if _, err := io.CopyN(&payload, c.replies, int64(length)); err != nil {
		return "", fmt.Errorf("the server closed inside a reply: %w", err)
	}
	if !utf8.ValidString(payload.String()) {
		return "", errors.New("the reply is not UTF-8")
	}
	return payload.String(), nil
}

func (c *client) sendFile(command, name string) error {
	found, err := os.Stat(filepath.Join(c.directory, name))
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) || err != nil || !found.Mode().IsRegular() {
		fmt.Printf("%s: not sent: there is no such file\n", name)
		return nil
	}
	if found.Size() > math.MaxUint32 {
		fmt.Printf("%s: not sent: it has more than %d octets\n", name, uint32(math.MaxUint32))
		return nil
	}
	file, err := os.Open(filepath.Join(c.directory, name))
	if err != nil {
		return err
	}
	defer file.Close()
	if err := c.send(command); err != nil {
		return err
	}
	if err := c.send(fmt.Sprintf("%s,%d", name, found.Size())); err != nil {
		return err
	}
	// The plain writer: lent to the kernel, pages that a truncation clears would still be sent.
	to := struct{ io.Writer }{c.connection}
	if _, err := io.CopyN(to, file, found.Size()); err != nil {
		return fmt.Errorf("%s shrank while it was sent, or could not be sent: %w", name, err)
	}
	fmt.Printf("%s: sent\n", name)
	return nil
}

func (c *client) run(lines *bufio.Reader) error {
	for {
		line, err := lines.ReadString('\n')
		text := strings.TrimSuffix(line, "\n")
		switch {
		case text == "q" || text == "Q" || (text == "" && err != nil):
			return c.send("q")
		case text == "file" || text == "FILE":
			name, _ := lines.ReadString('\n')
			if err := c.sendFile(text, strings.TrimSuffix(name, "\n")); err != nil {
				return err
			}
		case text != "":
			if err := c.send(text); err != nil {
				return err
			}
			reply, err := c.receive()
			if err != nil {
				return err
			}
			fmt.Println(reply)
		}
	}
}

func main() {
	connection, err := net.Dial("tcp", net.JoinHostPort(os.Args[1], os.Args[2]))
	if err == nil {
		c := client{connection, bufio.NewReader(connection), os.Args[3]}
		err = errors.Join(c.run(bufio.NewReader(os.Stdin)), connection.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
