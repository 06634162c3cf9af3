/* A client of class transfer, with nothing but POSIX.
 *
 *     cc -o client examples/testees/client.c
 *     unstick client -- ./client {host} {port} {dir}
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 };
static const long long LARGEST = 0xFFFFFFFFLL;

static int server, directory;

static void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static void send_all(const void *octets, size_t count) {
    for (const char *at = octets; count > 0;) {
        ssize_t sent = write(server, at, count);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail("the server takes no more");
        at += sent;
        count -= (size_t)sent;
    }
}

static void send_text(const char *text, size_t length) {
    uint32_t prefix = htonl((uint32_t)length);
    char *frame = malloc(sizeof prefix + length);
    if (!frame) fail("no memory");
    memcpy(frame, &prefix, sizeof prefix);
    memcpy(frame + sizeof prefix, text, length);
    send_all(frame, sizeof prefix + length);
    free(frame);
}

/* Reads a number of octets; fewer are an end. */
static void exactly(char *to, size_t count) {
    while (count > 0) {
        ssize_t came = read(server, to, count);
        if (came < 0 && errno == EINTR) continue;
        if (came <= 0) fail("the server closed inside a reply, or instead of one");
        to += came;
        count -= (size_t)came;
    }
}

/* True if octets are UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
static int is_utf8(const unsigned char *at, size_t left) {
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    while (left > 0) {
        size_t more = *at < 0x80 ? 0 : (*at & 0xE0) == 0xC0 ? 1 : (*at & 0xF0) == 0xE0 ? 2 : (*at & 0xF8) == 0xF0 ? 3 : 4;
        if (more == 4 || left <= more) return 0;
        uint32_t code = more ? *at & (0x3F >> more) : *at;
        for (size_t i = 1; i <= more; i++) {
            if ((at[i] & 0xC0) != 0x80) return 0;
            code = code << 6 | (at[i] & 0x3F);
        }
        if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
        at += more + 1;
        left -= more + 1;
    }
    return 1;
}

/* Shows a reply. Memory grows with what comes, not with what is announced. */
static void show_reply(void) {
    uint32_t prefix;
    exactly((char *)&prefix, sizeof prefix);
    size_t length = ntohl(prefix), have = 0, room = 0;
    char *payload = NULL;
    while (have < length) {
        size_t piece = length - have < CHUNK ? length - have : CHUNK;
        if (have + piece > room) {
            room = room * 2 > have + piece ? room * 2 : have + piece;
            if (!(payload = realloc(payload, room))) fail("no memory");
        }
        exactly(payload + have, piece);
        have += piece;
    }
    if (!is_utf8((unsigned char *)payload, length)) fail("the reply is not UTF-8");
    fwrite(payload, 1, length, stdout);
    putchar('\n');
    fflush(stdout);
    free(payload);
}

static void send_file(const char *command, const char *name) {
    struct stat found;
    int inside = *name && strcmp(name, ".") && strcmp(name, "..") && !strpbrk(name, "/\\");
    int file = inside ? openat(directory, name, O_RDONLY | O_NONBLOCK) : -1;
    if (file < 0 || fstat(file, &found) < 0 || !S_ISREG(found.st_mode)) {
        printf("%s: not sent: there is no such file\n", name);
    } else if (found.st_size > LARGEST) {
        printf("%s: not sent: it has more than %lld octets\n", name, LARGEST);
    } else {
        char *header, chunk[CHUNK];
        long long left = found.st_size;
        int length = asprintf(&header, "%s,%lld", name, left);
        if (length < 0) fail("no memory");
        send_text(command, strlen(command));
        send_text(header, (size_t)length);
        free(header);
        while (left > 0) {
            ssize_t count = read(file, chunk, left < CHUNK ? (size_t)left : CHUNK);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) fail("the file shrank while it was sent, or could not be read");
            send_all(chunk, (size_t)count);
            left -= count;
        }
        printf("%s: sent\n", name);
    }
    if (file >= 0) close(file);
    fflush(stdout);
}

/* The next line that was typed, without its end; NULL at the end of the input. */
static char *next_line(size_t *length) {
    static char *line;
    static size_t room;
    ssize_t count = getline(&line, &room, stdin);
    if (count < 0) return NULL;
    if (count > 0 && line[count - 1] == '\n') line[--count] = 0;
    *length = (size_t)count;
    return line;
}

int main(int count, char **arguments) {
    if (count < 4) fail("usage: client HOST PORT DIR");
    signal(SIGPIPE, SIG_IGN);
    struct addrinfo *address, wanted = {.ai_socktype = SOCK_STREAM};
    if (getaddrinfo(arguments[1], arguments[2], &wanted, &address)) fail("no such address");
    server = socket(address->ai_family, SOCK_STREAM, 0);
    if (server < 0 || connect(server, address->ai_addr, address->ai_addrlen) < 0) fail("nothing listens there");
    freeaddrinfo(address);
    if ((directory = open(arguments[3], O_RDONLY | O_DIRECTORY)) < 0) fail("no such directory");
    size_t length;
    for (char *line; (line = next_line(&length)) && strcmp(line, "q") && strcmp(line, "Q");) {
        if (!strcmp(line, "file") || !strcmp(line, "FILE")) {
            char command[5];
            strcpy(command, line);
            char *name = next_line(&length);
            send_file(command, name ? name : "");
        } else if (length > 0) {
            send_text(line, length);
            show_reply();
        }
    }
    send_text("q", 1);
    return 0;
}
