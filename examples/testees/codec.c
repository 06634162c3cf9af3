/* A codec of u32 big-endian frames, with nothing but POSIX.
 *
 *     cc -o codec examples/testees/codec.c
 *     unstick codec -- ./codec
 *
 * With -DLIMIT=65536 it refuses longer payloads. With -DSHORT_READS it takes whatever one read gives
 * for all that was asked for: the mistake that most programs begin with.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads `count` octets; returns how many came before the end of the stream. */
static size_t read_full(unsigned char *to, size_t count)
{
    size_t filled = 0;
    while (filled < count) {
        ssize_t got = read(STDIN_FILENO, to + filled, count - filled);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        filled += (size_t)got;
#ifdef SHORT_READS
        return filled ? count : 0;
#endif
    }
    return filled;
}

static int write_full(const unsigned char *from, size_t count)
{
    while (count > 0) {
        ssize_t put = write(STDOUT_FILENO, from, count);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        from += put;
        count -= (size_t)put;
    }
    return 0;
}

static int fail(const char *why)
{
    fprintf(stderr, "%s\n", why);
    return EXIT_FAILURE;
}

int main(void)
{
    size_t room = 4096;
    unsigned char *frame = malloc(room);
    for (;;) {
        size_t came = read_full(frame, 4);
        if (came == 0)
            return EXIT_SUCCESS;
        if (came < 4)
            return fail("the stream ends inside a length");
        size_t whole = 4 + ((size_t)frame[0] << 24 | (size_t)frame[1] << 16 |
                            (size_t)frame[2] << 8 | (size_t)frame[3]);
#ifdef LIMIT
        if (whole > 4 + (size_t)LIMIT)
            return fail("a length over the limit");
#endif
        /* Memory grows with what arrives, and not with what is announced. */
        for (size_t held = 4; held < whole; held = came) {
            if (held == room && !(frame = realloc(frame, room *= 2)))
                return fail("no memory");
            size_t wanted = (whole < room ? whole : room) - held;
            came = held + read_full(frame + held, wanted);
            if (came < held + wanted)
                return fail("the stream ends inside a payload");
        }
        if (write_full(frame, whole) < 0)
            return fail("cannot write");
    }
}
