// Holds the house rules that a machine can hold (STYLE's last paragraph): each rule is first shown
// to find what it is for in a sample, then held against every file. It judges text, not behaviour.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/tidy/rules.h"
#include "tests/tidy/source.h"

namespace cassette::tidy {
namespace {

namespace fs = std::filesystem;

fs::path root() {
  return std::getenv("CASSETTE_SOURCE_DIR");
}

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, "cannot read " << path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// Every file below the root with one of `endings`, but what is built or installed there.
std::vector<std::string> files(const std::vector<std::string>& endings) {
  std::vector<std::string> paths;
  fs::recursive_directory_iterator entries(root());
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && (name == "build" || name == ".git" || name == "node_modules")) {
      entries.disable_recursion_pending();
    }
    const bool wanted = std::any_of(endings.begin(), endings.end(),
                                    [&](const std::string& end) { return name.ends_with(end); });
    if (entry.is_regular_file() && wanted) {
      paths.push_back(entry.path().lexically_relative(root()).generic_string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> cpp_files() {
  return files({".h", ".cc"});
}

// Fails once a finding, as `path:line: what`.
void expect_none(const Findings& findings) {
  for (const Finding& finding : findings) {
    FAIL_CHECK(finding.path << ":" << finding.line << ": " << finding.what);
  }
}

template <class Rule>
void hold(const std::vector<std::string>& paths, Rule rule) {
  REQUIRE_FALSE(paths.empty());
  for (const std::string& path : paths) expect_none(rule(path, read(root() / path)));
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

struct Output {
  int status = -1;
  std::string text;
};

// What `git ARGUMENTS` prints in `repository`.
Output git(const fs::path& repository, const std::string& arguments) {
  const std::string command = "git -C '" + repository.string() + "' " + arguments + " 2>/dev/null";
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Output output;
  std::array<char, 4096> buffer;
  while (const std::size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.text.append(buffer.data(), size);
  }
  output.status = pclose(pipe);
  return output;
}

// The golden files that a commit or the work tree changed or removed, one a line.
std::string changed_golden_files(const fs::path& repository) {
  const std::string what = "--no-renames --diff-filter=MD --name-only ";
  const Output history = git(repository, "log " + what + "--format= -- tests/golden");
  const Output tree = git(repository, "diff " + what + "HEAD -- tests/golden");
  CHECK(history.status == 0);
  CHECK(tree.status == 0);
  return history.text + tree.text;
}

// A repository of one golden file in a folder of its own, removed with the object.
class SampleRepository {
 public:
  SampleRepository() {
    std::string name = (fs::temp_directory_path() / "cassette-tidy-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
    fs::create_directories(path_ / "tests/golden");
    REQUIRE(git(path_, "init -q").status == 0);
    write("a.json", "1");
    commit();
  }
  ~SampleRepository() { fs::remove_all(path_); }
  SampleRepository(const SampleRepository&) = delete;
  SampleRepository& operator=(const SampleRepository&) = delete;

  const fs::path& path() const { return path_; }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / "tests/golden" / name) << text;
  }

  void commit() const {
    const std::string who =
        "-c user.name=tidy -c user.email=tidy@localhost -c commit.gpgsign=false";
    REQUIRE(git(path_, "add -A").status == 0);
    REQUIRE(git(path_, who + " commit -q --no-verify -m sample").status == 0);
  }

 private:
  fs::path path_;
};

bool objects_to_include(std::string_view path, const std::string& include) {
  return !check_includes(path, "// A file.\n#include " + include + "\n").empty();
}

TEST_CASE("code_of keeps code and blanks comments, strings and directives") {
  CHECK(code_of("a // new\nb") == "a       \nb");
  CHECK(code_of("a /* new\n */ b") == "a       \n    b");
  CHECK(code_of("f(\"new \\\" }\") 'x' 1'000") == "f(\"        \") ' ' 1'000");
  CHECK(trim(code_of("R\"x(new )\" {)x\"")).empty());
  CHECK(trim(code_of("#define A { \\\n  }\nb")) == "b");
}

TEST_CASE("a layer includes what DESIGN §2 gives it") {
  CHECK(objects_to_include("domain/order.h", "\"eventstore/ledger.h\""));
  CHECK(objects_to_include("domain/order.h", "<fmt/format.h>"));
  CHECK(objects_to_include("domain/order.h", "<unistd.h>"));
  CHECK(objects_to_include("domain/order.h", "\"order.h\""));
  CHECK(objects_to_include("eventstore/engine.cc", "<nats/nats.h>"));
  CHECK(objects_to_include("eventstore/engine.cc", "\"api/http/server.h\""));
  CHECK(objects_to_include("projections/models.cc", "<rocksdb/db.h>"));
  CHECK(objects_to_include("replay/verify.cc", "<httplib.h>"));
  CHECK(objects_to_include("api/http/server.cc", "<CLI/CLI.hpp>"));
  CHECK(objects_to_include("api/main.cc", "<httplib.h>"));
  CHECK(objects_to_include("api/main.cc", "<yaml-cpp/yaml.h>"));

  CHECK_FALSE(objects_to_include("domain/order.h", "\"domain/values.h\""));
  CHECK_FALSE(objects_to_include("domain/order.h", "<vector>"));
  CHECK_FALSE(objects_to_include("eventstore/jetstream_ledger.cc", "<nats/nats.h>"));
  CHECK_FALSE(objects_to_include("projections/rocks_store.cc", "<rocksdb/db.h>"));
  CHECK_FALSE(objects_to_include("eventstore/partition.cc", "<xxhash.h>"));
  CHECK_FALSE(objects_to_include("api/main.cc", "<CLI/CLI.hpp>"));
  CHECK_FALSE(objects_to_include("api/http/server.cc", "\"replay/verify.h\""));

  hold(cpp_files(), check_includes);
}

TEST_CASE("lines have at most 100 characters") {
  CHECK(check_line_length("a.h", repeated("é", 101) + "\n").size() == 1);
  CHECK(check_line_length("a.h", repeated("é", 100) + "\n").empty());
  hold(cpp_files(), check_line_length);
}

TEST_CASE("files have at most 500 lines") {
  CHECK(check_file_length("a.h", repeated("\n", 501)).size() == 1);
  CHECK(check_file_length("a.h", repeated("\n", 500)).empty());
  hold(cpp_files(), check_file_length);
}

TEST_CASE("functions have at most 70 lines") {
  const std::string body = repeated("  if (x) { y(); }\n", 69);
  const std::string long_body = body + "  z();\n";
  const auto objections = [](const std::string& text) {
    return check_function_length("a.cc", text).size();
  };
  CHECK(objections("namespace a {\nvoid f() {\n" + long_body + "}\n}\n") == 1);
  CHECK(objections("struct A {\n  int f() const noexcept {\n" + long_body + "  }\n};\n") == 1);
  CHECK(objections("template <class T>\nT f(T x) {\n" + body + "}\n") == 1);
  CHECK(objections("A::A(int b) : b_{b}, c_{0} {\n" + long_body + "}\n") == 1);
  CHECK(objections("extern \"C\" int f(int x) {\n" + long_body + "}\n") == 1);
  CHECK(objections("const auto f = [](int x) {\n" + long_body + "};\n") == 1);

  CHECK(objections("void f() {\n" + body.substr(body.find('\n') + 1) + "}\n") == 0);
  CHECK(objections("struct A {\n" + repeated("  int f() { return 1; }\n", 100) + "};\n") == 0);
  CHECK(objections("const int k[] = {\n" + repeated("  f(1),\n", 100) + "};\n") == 0);
  CHECK(objections("enum class A {\n" + repeated("  b,\n", 100) + "};\n") == 0);
  hold(cpp_files(), check_function_length);
}

TEST_CASE("a file opens with what it is responsible for") {
  CHECK(check_opening("a.h", "#pragma once\n// Late.\n").size() == 1);
  CHECK(check_opening("a.h", "//\n// Words.\n").size() == 1);
  CHECK(check_opening("a.h", "// Ids and money.\n").empty());
  hold(cpp_files(), check_opening);
}

TEST_CASE("banned calls") {
  const auto objections = [](std::string_view path, std::string_view text) {
    return check_banned_calls(path, text).size();
  };
  CHECK(objections("eventstore/a.cc", "auto t = std::chrono::system_clock::now();") == 1);
  CHECK(objections("domain/a.cc", "int x = rand();\nstd::mt19937 y{std::random_device{}()};") == 3);
  CHECK(objections("eventstore/a.cc", "randombytes_buf(p, 32);") == 1);
  CHECK(objections("api/a.cc", "auto* a = new A();") == 1);
  CHECK(objections("tests/unit/a_test.cc", "std::this_thread::sleep_for(1s);") == 1);
  CHECK(objections("domain/a.h", "using namespace std;") == 1);

  CHECK(objections("api/a.cc", "system_clock::now(); std::random_device d;") == 0);
  CHECK(objections("domain/a.cc", "int operand = brand(1);  // a new rand()") == 0);
  CHECK(objections("api/a.cc", "auto a = std::unique_ptr<A>(new A());") == 0);
  CHECK(objections("domain/a.cc", "using namespace std;") == 0);
  hold(cpp_files(), check_banned_calls);
}

TEST_CASE("nothing is left unfinished") {
  CHECK(check_leftovers("a.cc", "int x;  // TODO: more\n").size() == 1);
  CHECK(check_leftovers("a.md", "FIXME\n").size() == 1);
  CHECK(check_leftovers("a.cc", "int TODOS;\n").empty());
  std::vector<std::string> paths = files({".h", ".cc", ".md", ".txt", ".yaml", "dev", "run"});
  std::erase_if(paths, [](const std::string& path) { return path.starts_with("tests/tidy"); });
  hold(paths, check_leftovers);
}

TEST_CASE("every test is registered") {
  const std::vector<std::string> kinds = test_kinds("test_kind(unit 60)\nfoo()\ntest_kind(x 1)\n");
  REQUIRE(kinds == std::vector<std::string>{"unit", "x"});
  const std::string test = "// A test.\nTEST_CASE(\"a\") {}\n";
  CHECK(check_registered("tests/units/a_test.cc", test, kinds).size() == 1);
  CHECK(check_registered("domain/a_test.cc", test, kinds).size() == 1);
  CHECK(check_registered("tests/unit/a_test.cc", "// None.\n", kinds).size() == 1);
  CHECK(check_registered("tests/unit/contract.h", test, kinds).size() == 1);
  CHECK(check_registered("tests/unit/a_tests.cc", test, kinds).size() == 1);
  CHECK(check_registered("tests/fuzz/deep/a_fuzz.cc", "// Fuzz.\n", kinds).size() == 1);

  CHECK(check_registered("tests/unit/domain/a_test.cc", test, kinds).empty());
  CHECK(check_registered("tests/fuzz/a_fuzz.cc", "// Fuzz.\n", kinds).empty());
  const auto real_kinds = test_kinds(read(root() / "tests/CMakeLists.txt"));
  REQUIRE_FALSE(real_kinds.empty());
  hold(cpp_files(), [&](const std::string& path, const std::string& text) {
    return check_registered(path, text, real_kinds);
  });
}

TEST_CASE("every relative Markdown link is alive") {
  const auto exists = [](const std::string& path) { return path == "docs/a.md"; };
  CHECK(check_links("README.md", "See [a](docs/b.md).", exists).size() == 1);
  CHECK(check_links("docs/x.md", "[a](a.md) and [b](../a.md#part)", exists).size() == 1);
  CHECK(check_links("README.md", "[out](../docs/a.md)", exists).size() == 1);
  CHECK(check_links("README.md", "[a](docs/a.md#part) [b](https://x.y) [c](#d)", exists).empty());
  CHECK(check_links("README.md", "`[a](b)`\n```\n[a](b)\n```\n", exists).empty());
  const std::vector<std::string> pages = files({".md"});
  for (const std::string& path : pages) {
    expect_none(check_links(path, read(root() / path), [](const std::string& destination) {
      return fs::exists(root() / destination);
    }));
  }
}

TEST_CASE("golden files are only added to") {
  if (git(root(), "rev-parse HEAD").status != 0) {
    MESSAGE("SKIPPED: no git history here, so golden files can't be compared with it");
    return;
  }
  const SampleRepository sample;
  sample.write("b.json", "1");
  sample.commit();
  CHECK(changed_golden_files(sample.path()).empty());
  sample.write("b.json", "2");
  CHECK(changed_golden_files(sample.path()) == "tests/golden/b.json\n");
  fs::remove(sample.path() / "tests/golden/a.json");
  sample.write("b.json", "1");
  sample.commit();
  CHECK(changed_golden_files(sample.path()) == "tests/golden/a.json\n");

  const std::string changed = changed_golden_files(root());
  CHECK_MESSAGE(changed.empty(), "changed or removed:\n" << changed);
}

}  // namespace
}  // namespace cassette::tidy
