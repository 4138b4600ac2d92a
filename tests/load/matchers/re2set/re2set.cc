// re2set RULES URIS: how long RE2::Set takes for a URI of the file URIS, of those in
// turn, with the expressions of the file RULES, one a line. It prints nanoseconds for
// each, and of how many in a thousand it told nothing because its memory was used up.
#include <re2/re2.h>
#include <re2/set.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

static std::vector<std::string> lines(const char* path) {
  std::ifstream in(path);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "re2set RULES URIS\n");
    return 2;
  }
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_max_mem(64 << 20);
  RE2::Set set(options, RE2::UNANCHORED);
  for (const std::string& rule : lines(argv[1])) {
    std::string error;
    if (set.Add(rule, &error) < 0) {
      std::fprintf(stderr, "%s: %s\n", rule.c_str(), error.c_str());
      return 1;
    }
  }
  if (!set.Compile()) {
    std::fprintf(stderr, "the set does not compile\n");
    return 1;
  }
  const std::vector<std::string> uris = lines(argv[2]);
  long count = 0, failed = 0;
  std::vector<int> found;
  const auto began = std::chrono::steady_clock::now();
  std::chrono::duration<double, std::nano> took{0};
  do {
    for (const std::string& uri : uris) {
      RE2::Set::ErrorInfo info;
      found.clear();
      if (!set.Match(uri, &found, &info) && info.kind != RE2::Set::kNoError) failed++;
      count++;
    }
    took = std::chrono::steady_clock::now() - began;
  } while (took.count() < 5e8);
  std::printf("%.0f %ld\n", took.count() / count, 1000 * failed / count);
}
