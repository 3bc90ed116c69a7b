/*
 * Loaded before all other libraries (LD_PRELOAD), it kills its process, as kill -9 would, right before or right after
 * the n-th of certain system calls on certain files. Told what by the environment:
 *
 *   KILLCALL_NAMES   the calls, as ",pwrite64,fsync,"; a call of fcntl that locks or unlocks is "lock"
 *   KILLCALL_FILE    a pattern (fnmatch) for the file's whole path, or "socket:*"
 *   KILLCALL_FIRST, KILLCALL_LAST   of "lock", the range of bytes in which it must begin
 *   KILLCALL_COUNT   n
 *   KILLCALL_AFTER   1: after the call
 *   KILLCALL_REPORT  a file that gets a line first
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *names, *file, *report;
static long first, last, count;
static int after;

__attribute__((constructor)) static void configure(void) {
  const char *n = getenv("KILLCALL_COUNT");
  if (!n) return;
  count = atol(n);
  file = getenv("KILLCALL_FILE");
  report = getenv("KILLCALL_REPORT");
  first = getenv("KILLCALL_FIRST") ? atol(getenv("KILLCALL_FIRST")) : 0;
  last = getenv("KILLCALL_LAST") ? atol(getenv("KILLCALL_LAST")) : LONG_MAX;
  after = getenv("KILLCALL_AFTER") != NULL;
  names = getenv("KILLCALL_NAMES");
}

static void die(const char *name, const char *path) {
  char line[PATH_MAX + 100];
  int length = snprintf(line, sizeof line, "%s %s\n", name, path);
  int fd = (int) syscall(SYS_openat, AT_FDCWD, report, O_WRONLY | O_APPEND | O_CREAT, 0644);
  syscall(SYS_write, fd, line, length);
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* Whether the process is to die behind this call; it may die here. */
static int passes(const char *name, const char *path) {
  char wanted[32];
  if (!path || fnmatch(file, path, 0) != 0) return 0;
  snprintf(wanted, sizeof wanted, ",%s,", name);
  if (!strstr(names, wanted)) return 0;
  if (__atomic_sub_fetch(&count, 1, __ATOMIC_SEQ_CST) != 0) return 0;
  if (!after) die(name, path);
  return 1;
}

static int passes_fd(const char *name, int fd, char *path) {
  char link[40];
  ssize_t length;
  if (!names) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return passes(name, path);
}

#define NEXT(name) \
  static __typeof__(&name) next; \
  if (!next) next = (__typeof__(&name)) dlsym(RTLD_NEXT, #name)

#define ON_FD(type, name, parameters, arguments) \
  type name parameters { \
    NEXT(name); \
    char path[PATH_MAX]; \
    int dies = passes_fd(#name, fd, path); \
    type result = next arguments; \
    if (dies) die(#name, path); \
    return result; \
  }

#define ON_PATHS(name, parameters, arguments, from, to) \
  int name parameters { \
    NEXT(name); \
    int dies = names && (passes(#name, from) || passes(#name, to)); \
    int result = next arguments; \
    if (dies) die(#name, from); \
    return result; \
  }

ON_FD(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
ON_FD(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t at), (fd, bytes, size, at))
ON_FD(ssize_t, writev, (int fd, const struct iovec *bytes, int size), (fd, bytes, size))
ON_FD(int, fsync, (int fd), (fd))
ON_FD(int, fdatasync, (int fd), (fd))
ON_FD(int, ftruncate64, (int fd, off64_t size), (fd, size))
ON_PATHS(rename, (const char *from, const char *to), (from, to), from, to)
ON_PATHS(link, (const char *from, const char *to), (from, to), from, to)
ON_PATHS(unlink, (const char *path), (path), path, NULL)

static int locks(int fd, int command, void *argument, char *path) {
  const struct flock *lock = argument;
  if (!names || command != F_SETLK) return 0;
  if (lock->l_start < first || lock->l_start > last) return 0;
  return passes_fd("lock", fd, path);
}

#define FCNTL(name) \
  int name(int fd, int command, ...) { \
    NEXT(name); \
    char path[PATH_MAX]; \
    va_list list; \
    va_start(list, command); \
    void *argument = va_arg(list, void *); \
    va_end(list); \
    int dies = locks(fd, command, argument, path); \
    int result = next(fd, command, argument); \
    if (dies) die("lock", path); \
    return result; \
  }

FCNTL(fcntl)
FCNTL(fcntl64)
