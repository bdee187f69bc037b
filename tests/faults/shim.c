/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preloaded into hopflow: the n-th call that writes below a folder fails, is short, or kills the process.
   FAULT_N, FAULT_PATH (part of the file's name), FAULT_ERR (EIO, ENOSPC, SHORT, KILL), FAULT_OPS, FAULT_PERSIST (all
   calls from the n-th on), FAULT_LOG (a file that gets a line for each call counted). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { fails, is_short, kills };
static int active = -1, kind = fails, error = EIO, persists;
static long chosen, count;
static char operations[256], wanted[512], log_name[512];

static void take(char* to, size_t size, const char* name, const char* fallback) {
  const char* value = getenv(name);
  snprintf(to, size, "%s", value ? value : fallback);
}

static void set_up(void) {
  if (active >= 0) return;
  active = 0;
  const char* number = getenv("FAULT_N");
  char line[4096] = "", program[512] = "";
  if (!number) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY);
  long size = syscall(SYS_read, file, line, sizeof line - 1);
  syscall(SYS_close, file);
  for (long i = 0; i < size; ++i)
    if (!line[i]) line[i] = ' ';
  if (readlink("/proc/self/exe", program, sizeof program - 1) < 0) return;
  if (!strstr(program, "hopflow") || strstr(line, "engine-worker")) return;
  chosen = atol(number);
  take(operations, sizeof operations, "FAULT_OPS", "write,pwrite,fsync,ftruncate,rename,unlink,mkdir");
  take(wanted, sizeof wanted, "FAULT_PATH", "/");
  take(log_name, sizeof log_name, "FAULT_LOG", "");
  persists = getenv("FAULT_PERSIST") != NULL;
  const char* how = getenv("FAULT_ERR");
  if (how && !strcmp(how, "ENOSPC")) error = ENOSPC;
  if (how && !strcmp(how, "SHORT")) kind = is_short;
  if (how && !strcmp(how, "KILL")) kind = kills;
  active = 1;
}

static int hit(const char* operation, const char* path) {
  set_up();
  if (active != 1 || !strstr(operations, operation) || !strstr(path, wanted)) return 0;
  long now = __sync_add_and_fetch(&count, 1);
  if (log_name[0]) {
    char line[1200];
    int size = snprintf(line, sizeof line, "%ld %s %s\n", now, operation, path);
    int file = (int)syscall(SYS_openat, AT_FDCWD, log_name, O_WRONLY | O_CREAT | O_APPEND, 0644);
    syscall(SYS_write, file, line, size);
    syscall(SYS_close, file);
  }
  if (now != chosen && !(persists && now > chosen)) return 0;
  if (kind == kills) kill(getpid(), SIGKILL);
  return 1;
}

static const char* path_of(int file, char* buffer, size_t size) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  ssize_t length = readlink(name, buffer, size - 1);
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

#define NEXT(name)                      \
  static __typeof__(&name) real = NULL; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void* data, size_t size) {
  NEXT(write);
  char path[1024];
  set_up();
  if (active == 1 && hit("write", path_of(file, path, sizeof path))) {
    if (kind == is_short) return real(file, data, size > 1 ? size / 2 : size);
    errno = error;
    return -1;
  }
  return real(file, data, size);
}

ssize_t pwrite64(int file, const void* data, size_t size, off64_t offset) {
  NEXT(pwrite64);
  char path[1024];
  set_up();
  if (active == 1 && hit("pwrite", path_of(file, path, sizeof path))) {
    if (kind == is_short) return real(file, data, size > 1 ? size / 2 : size, offset);
    errno = error;
    return -1;
  }
  return real(file, data, size, offset);
}
ssize_t pwrite(int file, const void* data, size_t size, off_t offset) { return pwrite64(file, data, size, offset); }

#define FAILS(call, operation, path) \
  set_up();                          \
  if (kind != is_short && hit(operation, path)) return errno = error, -1; \
  return call

int fsync(int file) {
  NEXT(fsync);
  char path[1024];
  FAILS(real(file), "fsync", path_of(file, path, sizeof path));
}
int fdatasync(int file) {
  NEXT(fdatasync);
  char path[1024];
  FAILS(real(file), "fsync", path_of(file, path, sizeof path));
}
int ftruncate64(int file, off64_t size) {
  NEXT(ftruncate64);
  char path[1024];
  FAILS(real(file, size), "ftruncate", path_of(file, path, sizeof path));
}
int rename(const char* from, const char* to) {
  NEXT(rename);
  FAILS(real(from, to), "rename", to);
}
int unlink(const char* path) {
  NEXT(unlink);
  FAILS(real(path), "unlink", path);
}
int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir);
  FAILS(real(path, mode), "mkdir", path);
}
