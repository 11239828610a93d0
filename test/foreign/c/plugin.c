/*
 * A volume and a datapath plugin in one program: what it is called by says which method it runs. An SR is a directory, a
 * volume an image in it with a file of metadata beside it. Reads its params to the end of file. Strings are kept as they
 * stand in JSON, with their escapes, so that they can be printed as they are.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <strings.h>
#include <unistd.h>

static char params[1 << 20];
static const char *program;

static void fail(const char *name, const char *argument) {
  printf("{\"code\":\"SR_BACKEND_FAILURE\",\"params\":[\"%s\",\"%s\"],", name, argument);
  printf("\"backtrace\":{\"error\":\"%s\",\"files\":[\"%s\"],\"lines\":[%d]}}\n", argument, program, __LINE__);
  exit(1);
}

static const char *skip_string(const char *at) {
  for (at++; *at && *at != '"'; at++)
    if (*at == '\\') at++;
  return at;
}

/* The value of a member, as text: of a string what stands between the quotes. */
static char *member(const char *name) {
  const char *at = params;
  size_t length = strlen(name);
  while ((at = strchr(at, '"'))) {
    const char *end = skip_string(at);
    if (end[1] == ':' && (size_t)(end - at - 1) == length && !strncmp(at + 1, name, length)) {
      const char *value = end + 2;
      return *value == '"' ? strndup(value + 1, skip_string(value) - value - 1) : strndup(value, strcspn(value, ",}"));
    }
    at = end + 1;
  }
  fail("Missing_parameter", name);
  return NULL;
}

static char *format(const char *pattern, const char *a, const char *b) {
  char *text;
  if (asprintf(&text, pattern, a, b) < 0) abort();
  return text;
}

static char *without_scheme(char *uri) {
  char *path = strstr(uri, "://");
  return path ? path + 3 : uri;
}

static FILE *open_or_fail(const char *path, const char *mode, const char *error, const char *argument) {
  FILE *file = fopen(path, mode);
  if (!file) fail(errno == ENOENT ? error : "OSError", argument);
  return file;
}

/* A line without its end; empty at the end of the file. */
static char *line(FILE *file) {
  char *text = NULL;
  size_t size = 0;
  ssize_t length = getline(&text, &size, file);
  if (length <= 0) return strdup("");
  if (text[length - 1] == '\n') text[length - 1] = 0;
  return text;
}

static void print_volume(const char *sr, const char *key) {
  char *image = format("%s/%s.img", sr, key), *text;
  struct stat stat_;
  const char *comma = "";
  FILE *metadata = open_or_fail(format("%s/%s.meta", sr, key), "r", "Volume_does_not_exist", key);
  if (stat(image, &stat_)) fail("Volume_does_not_exist", key);
  printf("{\"key\":\"%s\",\"name\":\"%s\",", key, line(metadata));
  printf("\"description\":\"%s\",\"read_write\":true,\"sharable\":false,", line(metadata));
  printf("\"virtual_size\":%lld,\"physical_utilisation\":%lld,", (long long)stat_.st_size, (long long)stat_.st_blocks * 512);
  printf("\"uri\":[\"c-image://%s\"],\"keys\":{", image);
  for (text = line(metadata); *text; text = line(metadata), comma = ",") printf("%s%s", comma, text);
  printf("}}");
}

/* Replaces the line of k in the metadata; with no value it is only removed. */
static void set(const char *sr, const char *key, const char *k, const char *v) {
  char *path = format("%s/%s.meta", sr, key), *new_path = format("%s/.%s.new", sr, key), *text;
  char *start = format("\"%s\":%s", k, "");
  FILE *from = open_or_fail(path, "r", "Volume_does_not_exist", key);
  FILE *to = open_or_fail(new_path, "w", "OSError", new_path);
  fprintf(to, "%s\n", line(from));
  fprintf(to, "%s\n", line(from));
  for (text = line(from); *text; text = line(from))
    if (strncmp(text, start, strlen(start))) fprintf(to, "%s\n", text);
  if (v) fprintf(to, "\"%s\":\"%s\"\n", k, v);
  if (fclose(to) || rename(new_path, path)) fail("OSError", strerror(errno));
  puts("null");
}

static void print_query(const char *features, const char *plugin) {
  printf("{\"plugin\":\"%s\",\"name\":\"Images, in C\",\"description\":\"\",\"vendor\":\"a stranger\",\"copyright\":\"\",", plugin);
  printf("\"version\":\"0.9\",\"required_api_version\":\"5.0\",\"features\":[%s],\"configuration\":{},", features);
  puts("\"required_cluster_stack\":[]}");
}

static void create_sr(void) {
  char *uri = member("uri"), *directory = without_scheme(uri);
  FILE *file;
  if (mkdir(directory, 0700)) fail("OSError", strerror(errno));
  file = open_or_fail(format("%s/%s", directory, "sr"), "w", "OSError", directory);
  fprintf(file, "%s\n%s\n%s\n", member("uuid"), member("name"), member("description"));
  fclose(file);
  printf("{\"uri\":\"%s\"}\n", uri);
}

static void stat_sr(const char *sr) {
  struct statvfs space;
  FILE *file = open_or_fail(format("%s/%s", sr, "sr"), "r", "SR_does_not_exist", sr);
  if (statvfs(sr, &space)) fail("OSError", strerror(errno));
  printf("{\"sr\":\"%s\",\"uuid\":\"%s\",", sr, line(file));
  printf("\"name\":\"%s\",", line(file));
  printf("\"description\":\"%s\",\"free_space\":%llu,\"total_space\":%llu,", line(file),
         (unsigned long long)space.f_bavail * space.f_frsize, (unsigned long long)space.f_blocks * space.f_frsize);
  puts("\"datasources\":[],\"clustered\":false,\"health\":[\"Healthy\",\"\"]}");
}

/* Calls something for every volume of the SR. */
static void each(const char *sr, void (*act)(const char *, const char *, int)) {
  DIR *directory = opendir(sr);
  struct dirent *entry;
  int count = 0;
  if (!directory) fail("SR_does_not_exist", sr);
  while ((entry = readdir(directory))) {
    char *end = strstr(entry->d_name, ".img");
    if (end && !end[4]) act(sr, strndup(entry->d_name, end - entry->d_name), count++);
  }
  closedir(directory);
}

static void print_item(const char *sr, const char *key, int count) {
  if (count) printf(",");
  print_volume(sr, key);
}

static void destroy_volume(const char *sr, const char *key, int count) {
  (void)count;
  unlink(format("%s/%s.img", sr, key));
  unlink(format("%s/%s.meta", sr, key));
}

static void create_volume(const char *sr) {
  char key[33];
  unsigned char random[16];
  FILE *source = open_or_fail("/dev/urandom", "r", "OSError", "/dev/urandom"), *file;
  int i;
  if (fread(random, 1, sizeof random, source) != sizeof random) fail("OSError", "/dev/urandom");
  for (i = 0; i < 16; i++) sprintf(key + 2 * i, "%02x", random[i]);
  file = open_or_fail(format("%s/%s.meta", sr, key), "w", "Sr_not_attached", sr);
  fprintf(file, "%s\n%s\n", member("name"), member("description"));
  fclose(file);
  file = open_or_fail(format("%s/%s.img", sr, key), "w", "OSError", sr);
  if (ftruncate(fileno(file), strtoll(member("size"), NULL, 10))) {
    destroy_volume(sr, key, 0);
    fail("OSError", strerror(errno));
  }
  print_volume(sr, key);
}

static void run(const char *method) {
  if (!strcmp(method, "SR.create")) create_sr();
  else if (!strcmp(method, "SR.probe")) puts("[]");
  else if (!strcmp(method, "SR.attach")) {
    char *directory = without_scheme(member("uri"));
    open_or_fail(format("%s/%s", directory, "sr"), "r", "SR_does_not_exist", directory);
    printf("\"%s\"\n", directory);
  } else if (!strcmp(method, "SR.detach")) puts("null");
  else if (!strcmp(method, "SR.stat")) stat_sr(member("sr"));
  else if (!strcmp(method, "SR.ls")) printf("["), each(member("sr"), print_item), puts("]");
  else if (!strcmp(method, "SR.destroy")) {
    char *sr = member("sr");
    each(sr, destroy_volume);
    unlink(format("%s/%s", sr, "sr"));
    if (rmdir(sr)) fail("OSError", strerror(errno));
    puts("null");
  } else if (!strcmp(method, "Volume.create")) create_volume(member("sr"));
  else if (!strcmp(method, "Volume.stat")) print_volume(member("sr"), member("key"));
  else if (!strcmp(method, "Volume.destroy")) destroy_volume(member("sr"), member("key"), 0), puts("null");
  else if (!strcmp(method, "Volume.set")) set(member("sr"), member("key"), member("k"), member("v"));
  else if (!strcmp(method, "Volume.unset")) set(member("sr"), member("key"), member("k"), NULL);
  else if (!strcmp(method, "Datapath.attach")) {
    char *path = without_scheme(member("uri"));
    if (access(path, R_OK)) fail("Volume_does_not_exist", path);
    printf("{\"implementations\":[[\"BlockDevice\",{\"path\":\"%s\"}],[\"File\",{\"path\":\"%s\"}]]}", path, path);
  } else if (!strcmp(method, "Datapath.activate")) {
    fclose(open_or_fail(format("%s.active-%s", without_scheme(member("uri")), member("domain")), "w", "OSError", "active"));
    puts("null");
  } else if (!strcmp(method, "Datapath.deactivate") || !strcmp(method, "Datapath.detach")) {
    unlink(format("%s.active-%s", without_scheme(member("uri")), member("domain")));
    puts("null");
  } else fail("Unimplemented", method);
}

int main(int argc, char **argv) {
  const char *method = strrchr(argv[0], '/');
  const char *features = "\"SR_CREATE\",\"SR_ATTACH\",\"VDI_CREATE\",\"VDI_DESTROY\"";
  method = method ? method + 1 : argv[0];
  program = argv[0];
  if (argc != 2 || strcmp(argv[1], "--json")) return 2;
  fread(params, 1, sizeof params - 1, stdin);
  if (strcasecmp(method, "Plugin.query")) run(method);
  else if (strstr(argv[0], "/datapath/")) print_query("", "c-image");
  else print_query(features, "c");
  return 0;
}
