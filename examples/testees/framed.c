/* A decoder of any framing that is given as a template (docs/framings.md), without a limit; options that
 * only lines have are not among those that it knows.
 *
 *     cc -o framed examples/testees/framed.c
 *     unstick codec --framing '1? varint4' -- ./framed '1? varint4'
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { NEED = -1, WRONG = -2 }; /* Instead of a place in the octets. */

/* Octets that must stand there, or any, where there are none. */
struct part {
    size_t count;
    unsigned char *literal;
};

static struct framing {
    struct part parts[3][8]; /* before the number, behind it, behind the payload */
    size_t count[3];
    char kind[16], order[4], zero[16];
    size_t width, text_length; /* in bits, octets or digits, as the template has it */
    unsigned char *text;
    int64_t adds;
    int shortest, chain;
} f = {.kind = "line", .zero = "frame"};

struct buffer {
    unsigned char *octets;
    size_t length, room;
};

static void append(struct buffer *b, const void *octets, size_t count)
{
    while (b->length + count > b->room)
        b->octets = realloc(b->octets, b->room = b->room ? b->room * 2 : 4096);
    memcpy(b->octets + b->length, octets, count);
    b->length += count;
}

static int digit(int c)
{
    return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* The text up to the quote that ends it, behind which `*at` is left. */
static void quoted(const char **at)
{
    struct buffer text = {0};
    for ((*at)++; **at != '\''; (*at)++) {
        char c = **at;
        if (c == '\\') {
            c = *++*at;
            const char *known = strchr("r\rn\nt\t0", c);
            if (c == 'x') {
                c = (char)(digit((*at)[1]) * 16 + digit((*at)[2]));
                *at += 2;
            } else if (known) {
                c = known[1];
            }
        }
        append(&text, &c, 1);
    }
    (*at)++;
    f.text = text.octets, f.text_length = text.length;
}

static void parse(const char *at)
{
    size_t place = 0, sizes = 0;
    int all = 0;
    while (*(at += strspn(at, " "))) {
        size_t length = strcspn(at, " ");
        struct part *part = &f.parts[place][f.count[place]];
        if (at[length - 1] == '?') {
            part->count = strtoul(at, NULL, 10);
            f.count[place]++;
            sizes += part->count;
        } else if (*at == 'x') {
            const char *times = memchr(at, '^', length);
            size_t once = ((times ? (size_t)(times - at) : length) - 1) / 2;
            part->count = once * (times ? strtoul(times + 1, NULL, 10) : 1);
            part->literal = malloc(part->count);
            for (size_t i = 0; i < part->count; i++)
                part->literal[i] = (unsigned char)(digit(at[1 + i % once * 2]) * 16 + digit(at[2 + i % once * 2]));
            f.count[place]++;
            sizes += part->count;
        } else if (*at == '*') {
            place = 2;
        } else if (length == 5 && !strncmp(at, "chain", 5)) {
            f.chain = 1;
        } else if (!strncmp(at, "zero=", 5)) {
            snprintf(f.zero, sizeof f.zero, "%.*s", (int)length - 5, at + 5);
        } else if (!strncmp(at, "forms=", 6)) {
            f.shortest = !strncmp(at + 6, "shortest", 8);
        } else {
            size_t letters = strspn(at, "abcdefghijklmnopqrstuvwxyz");
            snprintf(f.kind, sizeof f.kind, "%.*s", (int)letters, at);
            char *end;
            f.width = isdigit(at[letters]) ? strtoul(at + letters, &end, 10) : (end = (char *)at + letters, 0);
            at = end;
            snprintf(f.order, sizeof f.order, "%.*s", (int)strspn(at, "bel"), at);
            at += strlen(f.order);
            if (*at == '\'')
                quoted(&at);
            all = !strncmp(at, "+all", 4);
            f.adds = all || *at == ' ' ? 0 : strtoll(at, NULL, 10);
            length = strcspn(at, " ");
            place = 1;
        }
        at += length;
    }
    if (all)
        f.adds = (int64_t)(sizes + f.width / 8);
    if (!strcmp(f.kind, "line") && !f.text) { /* What stands behind the payload ends it. */
        f.text = f.parts[2][0].literal, f.text_length = f.parts[2][0].count;
        f.count[2] = 0;
    }
}

static ssize_t literals(const unsigned char *o, size_t length, ssize_t at, int place)
{
    for (size_t i = 0; i < f.count[place]; i++) {
        struct part part = f.parts[place][i];
        size_t came = (size_t)at < length ? length - (size_t)at : 0;
        if (part.literal && memcmp(o + at, part.literal, came < part.count ? came : part.count))
            return WRONG;
        if (came < part.count)
            return NEED;
        at += (ssize_t)part.count;
    }
    return at;
}

/* The field of a frame where its length stands. */
struct number {
    uint64_t value;
    int flag, longer;
};

static uint64_t big(const unsigned char *o, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value = value << 8 | o[i];
    return value;
}

static uint64_t little(const unsigned char *o, size_t count)
{
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value |= (uint64_t)o[i] << 8 * i;
    return value;
}

static ssize_t groups(const unsigned char *o, size_t length, struct number *n)
{
    size_t most = f.width ? f.width : 10;
    size_t bits = most == 5 ? 32 : most == 10 ? 64 : 7 * most;
    int most_first = !strcmp(f.kind, "vlq");
    unsigned __int128 value = 0;
    for (size_t i = 0; i < most; i++) {
        if (i == length)
            return NEED;
        value = most_first ? value << 7 | (o[i] & 127) : value | (unsigned __int128)(o[i] & 127) << 7 * i;
        if (value >> bits)
            return WRONG;
        if (o[i] < 128) {
            n->value = (uint64_t)value;
            n->longer = i > 0 && !o[i];
            return (ssize_t)i + 1;
        }
    }
    return WRONG;
}

static int digits(const unsigned char *o, size_t count, int base, struct number *n)
{
    unsigned __int128 value = 0;
    if (!count || (base == 10 && count > 20))
        return WRONG;
    for (size_t i = 0; i < count; i++) {
        int one = digit(o[i]);
        if (one < 0 || one >= base)
            return WRONG;
        value = value * (unsigned)base + (unsigned)one;
    }
    n->value = (uint64_t)value;
    n->longer = count > 1 && *o == '0';
    return value >> 64 ? WRONG : 0;
}

static ssize_t decimal(const unsigned char *o, size_t length, struct number *n)
{
    size_t count = 0;
    while (count < length && count < 21 && isdigit(o[count]))
        count++;
    size_t behind = length - count < f.text_length ? length - count : f.text_length;
    if (count > 20 || memcmp(o + count, f.text, behind) || (!count && behind))
        return WRONG;
    if (behind < f.text_length)
        return NEED;
    return digits(o, count, 10, n) ? WRONG : (ssize_t)(count + behind);
}

static ssize_t header(const unsigned char *o, size_t length, struct number *n)
{
    const unsigned char *end = memmem(o, length, "\r\n\r\n", 4), *next = o;
    int said = 0;
    if (!end)
        return NEED;
    for (const unsigned char *line = o; line < end; line = next) {
        const unsigned char *stop = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
        struct number one = {0};
        next = stop + 2;
        if ((size_t)(stop - line) <= f.text_length || line[f.text_length] != ':' ||
            strncasecmp((const char *)line, (const char *)f.text, f.text_length))
            continue;
        for (line += f.text_length + 1; line < stop && *line == ' '; line++)
            ;
        while (stop > line && stop[-1] == ' ')
            stop--;
        if (digits(line, (size_t)(stop - line), 10, &one) || (said++ && one.value != n->value))
            return WRONG;
        *n = one;
    }
    return said ? end + 4 - o : WRONG;
}

/* A number whose first octet says how many follow. */
static ssize_t marked(const unsigned char *o, size_t length, struct number *n)
{
    size_t more = 0;
    int is_web = !strcmp(f.kind, "wslen"), small = is_web ? *o & 127 : *o;
    if (!strcmp(f.kind, "quic"))
        more = (1u << (*o >> 6)) - 1;
    else if (!strcmp(f.kind, "compact"))
        more = small < 253 ? 0 : 1u << (small - 252);
    else if (is_web)
        more = small < 126 ? 0 : small == 126 ? 2 : 8;
    else if (small == 128 || small == 255)
        return WRONG;
    else
        more = small < 128 ? 0 : (size_t)small - 128;
    if (length < 1 + more)
        return NEED;
    n->value = more ? big(o + 1, more) : (uint64_t)small;
    if (!strcmp(f.kind, "quic"))
        n->value = big(o, 1 + more) & ((UINT64_C(1) << (8 * more + 6)) - 1);
    else if (!strcmp(f.kind, "compact") && more)
        n->value = little(o + 1, more);
    for (size_t i = 8; !is_web && i < more; i++)
        if (o[more - i])
            return WRONG;
    n->flag = is_web && *o > 127;
    n->longer = is_web && n->value < (more == 2 ? 126u : more == 8 ? 65536u : 0u);
    return is_web && n->value >> 63 ? WRONG : (ssize_t)(1 + more);
}

static ssize_t number(const unsigned char *o, size_t length, struct number *n)
{
    int is_signed = !strcmp(f.kind, "i"), base = !strcmp(f.kind, "hex") ? 16 : 10;
    if (!length)
        return NEED;
    if (!strcmp(f.kind, "varint") || !strcmp(f.kind, "vlq"))
        return groups(o, length, n);
    if (!strcmp(f.kind, "header"))
        return header(o, length, n);
    if (!strcmp(f.kind, "dec") && f.text)
        return decimal(o, length, n);
    if (!strcmp(f.kind, "dec") || base == 16)
        return length < f.width ? NEED : digits(o, f.width, base, n) ? WRONG : (ssize_t)f.width;
    if (!strcmp(f.kind, "mark")) {
        if (length < 4)
            return NEED;
        n->value = big(o, 4) & 0x7FFFFFFF;
        n->flag = *o > 127;
        return 4;
    }
    if (!is_signed && strcmp(f.kind, "u"))
        return marked(o, length, n);
    if (length < f.width / 8)
        return NEED;
    n->value = !strcmp(f.order, "le") ? little(o, f.width / 8) : big(o, f.width / 8);
    return is_signed && n->value >> (f.width - 1) ? WRONG : (ssize_t)f.width / 8;
}

static int unstuffed(const unsigned char *o, size_t count, struct buffer *out)
{
    for (size_t at = 0; at < count;) {
        if (!strcmp(f.kind, "slip")) {
            unsigned char octet = o[at++];
            if (octet == 0xDB) {
                if (at == count || (o[at] != 0xDC && o[at] != 0xDD))
                    return WRONG;
                octet = o[at++] == 0xDC ? 0xC0 : 0xDB;
            }
            append(out, &octet, 1);
            continue;
        }
        if (at + o[at] > count)
            return WRONG;
        append(out, o + at + 1, o[at] - 1u);
        int is_short = o[at] < 255;
        at += o[at];
        if (is_short && at < count)
            append(out, "", 1);
    }
    return 0;
}

static ssize_t delimited(const unsigned char *o, size_t length, struct buffer *out, int *delivers)
{
    int is_slip = !strcmp(f.kind, "slip"), is_cobs = !strcmp(f.kind, "cobs");
    const void *end = is_slip ? (const void *)"\xC0" : is_cobs ? "" : (const char *)f.text;
    size_t end_length = is_slip || is_cobs ? 1 : f.text_length;
    ssize_t at = literals(o, length, 0, 0);
    if (at < 0)
        return at;
    const unsigned char *found = memmem(o + at, length - (size_t)at, end, end_length);
    if (!found)
        return NEED;
    size_t count = (size_t)(found - o - at);
    *delivers = !is_slip || count > 0;
    if (!is_slip && !is_cobs)
        append(out, o + at, count);
    else if ((is_cobs && !count) || unstuffed(o + at, count, out))
        return WRONG;
    return at + (ssize_t)(count + end_length);
}

/* Where the first frame ends; its payload goes to `out`. */
static ssize_t frame(const unsigned char *o, size_t length, struct buffer *out, int *delivers, int *ended)
{
    int is_web = !strcmp(f.kind, "wslen");
    ssize_t at = 0;
    *delivers = 1;
    if (!strcmp(f.kind, "line") || !strcmp(f.kind, "cobs") || !strcmp(f.kind, "slip"))
        return delimited(o, length, out, delivers);
    for (;;) {
        struct number n = {0};
        if ((at = literals(o, length, at, 0)) < 0)
            return at;
        ssize_t taken = number(o + at, length - (size_t)at, &n);
        if (taken < 0)
            return taken;
        at += taken;
        if (f.shortest && n.longer)
            return WRONG;
        if (!n.value && strcmp(f.zero, "frame")) {
            *delivers = 0;
            *ended = !strcmp(f.zero, "end");
            return strcmp(f.zero, "refuse") ? at : WRONG;
        }
        if (f.adds > 0 && n.value < (uint64_t)f.adds)
            return WRONG;
        uint64_t payload = n.value - (uint64_t)f.adds;
        if ((at = literals(o, length, at, 1)) < 0)
            return at;
        const unsigned char *mask = is_web && n.flag ? o + at : (const unsigned char *)"\0\0\0";
        at += is_web && n.flag ? 4 : 0;
        if ((size_t)at > length || length - (size_t)at < payload)
            return NEED;
        size_t from = out->length;
        append(out, o + at, payload);
        for (size_t i = 0; i < payload; i++)
            out->octets[from + i] ^= mask[i % 4];
        if ((at = literals(o, length, at + (ssize_t)payload, 2)) < 0)
            return at;
        int goes_on = !strcmp(f.kind, "mark") ? !n.flag : f.chain && payload == (UINT64_C(1) << f.width) - 1;
        if (!goes_on)
            return at;
    }
}

static struct buffer pending;
static int chunk, is_over; /* The number of the chunk, where they come by lines. */

/* The octets so far are the beginning of a frame, or none; 0 unless they are wrong. */
static int feed(const unsigned char *octets, size_t count)
{
    size_t at = 0;
    append(&pending, octets, count);
    while (at < pending.length && !is_over) {
        struct buffer payload = {0};
        int delivers;
        ssize_t end = frame(pending.octets + at, pending.length - at, &payload, &delivers, &is_over);
        if (end == WRONG)
            return WRONG;
        if (end == NEED) {
            free(payload.octets);
            break;
        }
        at += (size_t)end;
        if (delivers && chunk) {
            printf("%d:", chunk);
            for (size_t i = 0; i < payload.length; i++)
                printf("%02x", payload.octets[i]);
            putchar(' ');
        } else if (delivers) {
            for (int shift = 24; shift >= 0; shift -= 8)
                putchar((int)(payload.length >> shift & 255));
            fwrite(payload.octets, 1, payload.length, stdout);
        }
        free(payload.octets);
    }
    memmove(pending.octets, pending.octets + at, pending.length -= at);
    return 0;
}

static const char *answer(char *line)
{
    const char *ended = "more";
    pending.length = 0;
    is_over = chunk = 0;
    for (char *word = strtok(line, " \n"); word; word = strtok(NULL, " \n")) {
        size_t count = *word == '-' ? 0 : strlen(word) / 2;
        chunk++;
        if (*word == '$') {
            if (pending.length && !is_over)
                return "error the stream ends inside a frame";
            ended = "end";
            continue;
        }
        for (size_t i = 0; i < count; i++)
            word[i] = (char)(digit(word[2 * i]) * 16 + digit(word[2 * i + 1]));
        if (feed((unsigned char *)word, count))
            return "error not a frame";
    }
    return is_over ? "end" : ended;
}

int main(int argc, char **argv)
{
    static unsigned char octets[65536];
    ssize_t count;
    parse(argv[1]);
    if (argc > 2) {
        char *line = NULL;
        size_t room = 0;
        while (getline(&line, &room, stdin) > 0) {
            puts(answer(line));
            fflush(stdout);
        }
        return 0;
    }
    while ((count = read(STDIN_FILENO, octets, sizeof octets)) > 0) {
        int wrong = feed(octets, (size_t)count);
        fflush(stdout);
        if (wrong || is_over)
            return wrong ? EXIT_FAILURE : 0;
    }
    return pending.length ? EXIT_FAILURE : 0;
}
