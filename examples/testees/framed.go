// A decoder of any framing that is given as a template (docs/framings.md), without a limit; options that
// only lines have are not among those that it knows.
//
//	go build -o framed examples/testees/framed.go
//	unstick codec --framing '1? varint4' -- ./framed '1? varint4'
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"regexp"
	"strconv"
	"strings"
)

var (
	errNeed  = errors.New("more octets are needed")
	errEnded = errors.New("the peer said that this was all")
)

// part is octets that must stand there, or a count of octets of any value.
type part struct {
	literal []byte
	count   int
}

type framing struct {
	parts    [3][]part // before the number, behind it, behind the payload
	kind     string
	count    int // of bits, octets or digits
	text     []byte
	adds     int64
	zero     string
	shortest bool
	chain    bool
}

// number is what stands in the place of a length.
type number struct {
	value  uint64
	end    int
	flag   bool
	longer bool
}

var (
	words    = regexp.MustCompile(`(?:[^\s']|'(?:\\.|[^'\\])*')+`)
	lengthed = regexp.MustCompile(`^([a-z]+)(\d*)(be|le)?('.*')?([+-].+)?$`)
	quoted   = regexp.MustCompile(`'(.*)'`)
	escapes  = regexp.MustCompile(`\\(x[0-9a-fA-F]{2}|.)`)
)

func unescaped(text string) []byte {
	return escapes.ReplaceAllFunc([]byte(text), func(found []byte) []byte {
		switch c := found[1]; {
		case c == 'x':
			octet, _ := hex.DecodeString(string(found[2:]))
			return octet
		case c == '0':
			return []byte{0}
		default:
			return []byte{map[byte]byte{'r': '\r', 'n': '\n', 't': '\t'}[c]}
		}
	})
}

func parse(template string) framing {
	f := framing{kind: "line", zero: "frame"}
	at, all := 0, false
	for _, word := range words.FindAllString(template, -1) {
		name, value, isOption := strings.Cut(word, "=")
		switch {
		case word == "chain":
			f.chain = true
		case word == "*":
			at = 2
		case isOption && name == "zero":
			f.zero = value
		case isOption:
			f.shortest = f.shortest || word == "forms=shortest"
		case strings.HasSuffix(word, "?"):
			count, _ := strconv.Atoi(word[:len(word)-1])
			f.parts[at] = append(f.parts[at], part{count: count})
		case word[0] == 'x':
			digits, times, _ := strings.Cut(word[1:], "^")
			octets, _ := hex.DecodeString(digits)
			count, _ := strconv.Atoi(times)
			f.parts[at] = append(f.parts[at], part{literal: bytes.Repeat(octets, max(count, 1))})
		default:
			found := lengthed.FindStringSubmatch(word)
			f.kind, at = found[1]+found[3], 1
			f.count, _ = strconv.Atoi(found[2])
			if quote := quoted.FindStringSubmatch(found[4]); quote != nil {
				f.text = unescaped(quote[1])
			}
			all = found[5] == "+all"
			f.adds, _ = strconv.ParseInt(found[5], 10, 64)
		}
	}
	if f.kind == "line" && f.text == nil { // What stands behind the payload ends it.
		f.text, f.parts[2] = f.parts[2][0].literal, nil
	}
	if all {
		f.adds = int64(f.count / 8)
		for _, parts := range f.parts {
			for _, one := range parts {
				f.adds += int64(one.count + len(one.literal))
			}
		}
	}
	return f
}

func literals(buffer []byte, at int, parts []part) (int, error) {
	for _, one := range parts {
		came := buffer[at:min(at+len(one.literal), len(buffer))]
		if !bytes.HasPrefix(one.literal, came) {
			return 0, errors.New("an octet that must stand there does not")
		}
		if at += one.count + len(one.literal); at > len(buffer) {
			return 0, errNeed
		}
	}
	return at, nil
}

// next returns the payload of the first frame, nil for one that delivers nothing, and where it ends.
func (f *framing) next(buffer []byte) (payload []byte, at int, err error) {
	if f.kind == "line" || f.kind == "cobs" || f.kind == "slip" {
		return f.delimited(buffer)
	}
	payload = []byte{}
	for {
		if at, err = literals(buffer, at, f.parts[0]); err != nil {
			return nil, 0, err
		}
		found, err := f.read(buffer, at)
		if err != nil {
			return nil, 0, err
		}
		at = found.end
		if f.shortest && found.longer {
			return nil, 0, errors.New("a longer form of a length")
		}
		if found.value == 0 && f.zero != "frame" {
			switch f.zero {
			case "end":
				return nil, at, errEnded
			case "refuse":
				return nil, 0, errors.New("a length of zero")
			}
			return nil, at, nil
		}
		if f.adds > 0 && found.value < uint64(f.adds) {
			return nil, 0, errors.New("a length below what it counts")
		}
		length := found.value - uint64(f.adds)
		if at, err = literals(buffer, at, f.parts[1]); err != nil {
			return nil, 0, err
		}
		var mask []byte
		if found.flag && f.kind == "wslen" {
			if at += 4; at > len(buffer) {
				return nil, 0, errNeed
			}
			mask = buffer[at-4 : at]
		}
		if uint64(len(buffer)-at) < length {
			return nil, 0, errNeed
		}
		link := bytes.Clone(buffer[at : at+int(length)])
		for place := range mask[:len(mask)/4*min(len(link), 1)] {
			for ; place < len(link); place += 4 {
				link[place] ^= mask[place%4]
			}
		}
		payload = append(payload, link...)
		if at, err = literals(buffer, at+int(length), f.parts[2]); err != nil {
			return nil, 0, err
		}
		if f.kind == "mark" && !found.flag || f.chain && length == 1<<f.count-1 {
			continue
		}
		return payload, at, nil
	}
}

func (f *framing) delimited(buffer []byte) ([]byte, int, error) {
	at, err := literals(buffer, 0, f.parts[0])
	if err != nil {
		return nil, 0, err
	}
	end := map[string][]byte{"cobs": {0}, "slip": {0xC0}, "line": f.text}[f.kind]
	found := bytes.Index(buffer[at:], end)
	if found < 0 {
		return nil, 0, errNeed
	}
	payload := buffer[at : at+found]
	switch f.kind {
	case "cobs":
		payload, err = uncobs(payload)
	case "slip":
		payload, err = unslip(payload)
	default:
		payload = append([]byte{}, payload...)
	}
	return payload, at + found + len(end), err
}

func big(octets []byte) (value uint64) {
	for _, octet := range octets {
		value = value<<8 | uint64(octet)
	}
	return value
}

func little(octets []byte) (value uint64) {
	for place, octet := range octets {
		value |= uint64(octet) << (8 * place)
	}
	return value
}

func (f *framing) read(buffer []byte, at int) (number, error) {
	rest := buffer[at:]
	width := map[string]int{"mark": 4, "hex": f.count}[f.kind]
	if fixed := strings.Trim(f.kind, "bel"); fixed == "u" || fixed == "i" {
		width = f.count / 8
	} else if f.kind == "dec" {
		width = f.count
	}
	switch {
	case len(rest) < max(width, 1):
		return number{}, errNeed
	case f.kind == "varint" || f.kind == "vlq":
		return f.groups(rest, at)
	case f.kind == "header":
		return f.header(rest, at)
	case f.kind == "dec" && width == 0:
		return f.digits(rest, at)
	case f.kind == "hex" || f.kind == "dec":
		base := map[string]int{"hex": 16, "dec": 10}[f.kind]
		value, err := strconv.ParseUint(string(rest[:width]), base, 64)
		return number{value: value, end: at + width}, err
	case f.kind == "mark":
		word := big(rest[:4])
		return number{value: word & 0x7FFFFFFF, end: at + 4, flag: word>>31 == 1}, nil
	case width > 0:
		value := big(rest[:width])
		if strings.HasSuffix(f.kind, "le") {
			value = little(rest[:width])
		}
		if f.kind[0] == 'i' && value>>(f.count-1) == 1 {
			return number{}, errors.New("a negative length")
		}
		return number{value: value, end: at + width}, nil
	}
	return f.marked(rest, at)
}

// marked reads a number whose first octet says how many follow.
func (f *framing) marked(rest []byte, at int) (number, error) {
	first := rest[0]
	width := map[string]map[byte]int{
		"compact": {253: 3, 254: 5, 255: 9}, "wslen": {126: 3, 127: 9, 254: 3, 255: 9},
	}[f.kind][first]
	switch {
	case f.kind == "quic":
		width = 1 << (first >> 6)
	case f.kind == "berlen" && (first == 128 || first == 255):
		return number{}, errors.New("an indefinite length")
	case f.kind == "berlen" && first > 128:
		width = int(first) - 127
	}
	if len(rest) < width {
		return number{}, errNeed
	}
	found := number{value: uint64(first), end: at + max(width, 1)}
	switch f.kind {
	case "quic":
		found.value = big(rest[:width]) & (1<<(8*width-2) - 1)
	case "compact":
		if width > 0 {
			found.value = little(rest[1:width])
		}
	case "berlen":
		if width > 0 {
			found.value = big(rest[1:width])
			if len(bytes.TrimLeft(rest[1:width], "\x00")) > 8 {
				return number{}, errors.New("a length of too many bits")
			}
		}
	case "wslen":
		found.flag = first > 127
		found.value &= 127
		if width > 0 {
			found.value = big(rest[1:width])
			found.longer = found.value < map[int]uint64{3: 126, 9: 65_536}[width]
		}
		if found.value>>63 == 1 {
			return number{}, errors.New("a length with its top bit set")
		}
	}
	return found, nil
}

func (f *framing) groups(rest []byte, at int) (number, error) {
	most := f.count
	if most == 0 {
		most = 10
	}
	limit := 7 * most
	if most == 5 {
		limit = 32
	}
	var value, over uint64
	for place, octet := range rest[:min(most, len(rest))] {
		group := uint64(octet & 127)
		if f.kind == "vlq" {
			over |= value >> 57
			value = value<<7 | group
		} else {
			if place == 9 {
				over |= group >> 1
			}
			value |= group << (7 * place)
		}
		if over > 0 || bits.Len64(value) > limit {
			return number{}, errors.New("a length of too many bits")
		}
		if octet < 128 {
			return number{value: value, end: at + place + 1, longer: place > 0 && octet == 0}, nil
		}
	}
	if len(rest) >= most {
		return number{}, errors.New("a length of too many octets")
	}
	return number{}, errNeed
}

func (f *framing) digits(rest []byte, at int) (number, error) {
	count := 0
	for count < len(rest) && count <= 20 && rest[count] >= '0' && rest[count] <= '9' {
		count++
	}
	behind := rest[count:min(count+len(f.text), len(rest))]
	if count > 20 || !bytes.HasPrefix(f.text, behind) || count == 0 && len(behind) > 0 {
		return number{}, errors.New("a length with what is not a digit")
	}
	if len(behind) < len(f.text) {
		return number{}, errNeed
	}
	value, err := strconv.ParseUint(string(rest[:count]), 10, 64)
	longer := count > 1 && rest[0] == '0'
	return number{value: value, end: at + count + len(f.text), longer: longer}, err
}

func (f *framing) header(rest []byte, at int) (number, error) {
	block, _, isWhole := bytes.Cut(rest, []byte("\r\n\r\n"))
	if !isWhole {
		return number{}, errNeed
	}
	said := ""
	for _, line := range strings.Split(string(block), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(name), string(f.text)) {
			continue
		}
		value = strings.TrimSpace(value)
		if said != "" && said != value || value == "" {
			return number{}, errors.New("a header block must say one length")
		}
		said = value
	}
	value, err := strconv.ParseUint(said, 10, 64)
	return number{value: value, end: at + len(block) + 4}, err
}

func uncobs(octets []byte) ([]byte, error) {
	out := []byte{}
	if len(octets) == 0 {
		return nil, errors.New("a frame of nothing")
	}
	for at := 0; at < len(octets); {
		code := int(octets[at])
		if at+code > len(octets) {
			return nil, errors.New("a group that is longer than what is there")
		}
		out = append(out, octets[at+1:at+code]...)
		if at += code; code < 255 && at < len(octets) {
			out = append(out, 0)
		}
	}
	return out, nil
}

func unslip(octets []byte) (out []byte, err error) {
	for at := 0; at < len(octets); at++ {
		if octets[at] != 0xDB {
			out = append(out, octets[at])
			continue
		}
		at++
		if at == len(octets) || octets[at] != 0xDC && octets[at] != 0xDD {
			return nil, errors.New("an escape of nothing")
		}
		out = append(out, map[byte]byte{0xDC: 0xC0, 0xDD: 0xDB}[octets[at]])
	}
	return out, nil
}

type decoder struct {
	framing framing
	buffer  []byte
	ended   bool
}

func (d *decoder) feed(octets []byte, deliver func([]byte)) error {
	d.buffer = append(d.buffer, octets...)
	for len(d.buffer) > 0 && !d.ended {
		payload, end, err := d.framing.next(d.buffer)
		if errors.Is(err, errNeed) {
			return nil
		}
		d.ended = errors.Is(err, errEnded)
		if err != nil && !d.ended {
			return err
		}
		d.buffer = d.buffer[end:]
		if payload != nil {
			deliver(payload)
		}
	}
	return nil
}

func (d *decoder) finish() error {
	if len(d.buffer) > 0 && !d.ended {
		return errors.New("the stream ends inside a frame")
	}
	return nil
}

func stream(d decoder) error {
	buffer := make([]byte, 65_536)
	for {
		count, err := os.Stdin.Read(buffer)
		if err == io.EOF {
			return d.finish()
		}
		deliver := func(payload []byte) {
			os.Stdout.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...))
		}
		if err == nil {
			err = d.feed(buffer[:count], deliver)
		}
		if err != nil {
			return err
		}
	}
}

func answer(d decoder, line string) string {
	came, ended := "", "more"
	for place, word := range strings.Fields(line) {
		var err error
		if word == "$" {
			err, ended = d.finish(), "end"
		} else {
			octets, _ := hex.DecodeString(strings.Trim(word, "-"))
			err = d.feed(octets, func(payload []byte) { came += fmt.Sprintf("%d:%x ", place+1, payload) })
		}
		if err != nil {
			return came + "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
	}
	if d.ended {
		ended = "end"
	}
	return came + ended
}

func main() {
	f := parse(os.Args[1])
	if len(os.Args) < 3 {
		if err := stream(decoder{framing: f}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		fmt.Println(answer(decoder{framing: f}, line))
	}
}
