// Postgres: the cluster, its schema, and an event loop of libpq connections.
#include "bench/postgres.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <libpq-fe.h>

namespace cassette::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kBinaries = "/usr/lib/postgresql/15/bin";
constexpr int kMaxConnections = 600;
// How long the cluster may take to answer at all.
constexpr std::chrono::seconds kStartTimeout{30};

// The same work as an order: the stock with its version, optimistically; the order; its lines.
// Items come sorted, so that two orders can't wait for each other.
constexpr const char* kSchema = R"(
CREATE TABLE inventory (
  vendor_id text, product_id text, quantity_available bigint NOT NULL, unit_price bigint NOT NULL,
  version bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (vendor_id, product_id)) WITH (fillfactor = 50);
CREATE TABLE orders (
  order_id text PRIMARY KEY, customer_id text NOT NULL, status text NOT NULL,
  shipping_address text NOT NULL, total_amount bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE order_lines (
  order_id text NOT NULL, line_no int NOT NULL, vendor_id text NOT NULL, product_id text NOT NULL,
  quantity bigint NOT NULL, unit_price bigint NOT NULL, PRIMARY KEY (order_id, line_no));
CREATE FUNCTION place_order(o text, customer text, address text, vendors text[], products text[],
                            quantities bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  expected bigint; available bigint; price bigint; prices bigint[] := '{}'; total bigint := 0;
BEGIN
  FOR i IN 1 .. array_length(products, 1) LOOP
    LOOP
      SELECT version, quantity_available, unit_price INTO expected, available, price
        FROM inventory WHERE vendor_id = vendors[i] AND product_id = products[i];
      IF NOT FOUND OR available < quantities[i] THEN
        RAISE EXCEPTION 'insufficient stock of %', products[i];
      END IF;
      UPDATE inventory SET quantity_available = quantity_available - quantities[i],
          version = version + 1, updated_at = now()
        WHERE vendor_id = vendors[i] AND product_id = products[i] AND version = expected
          AND quantity_available >= quantities[i];
      EXIT WHEN FOUND;
    END LOOP;
    prices := prices || price;
    total := total + price * quantities[i];
  END LOOP;
  INSERT INTO orders (order_id, customer_id, status, shipping_address, total_amount)
    VALUES (o, customer, 'Confirmed', address, total);
  INSERT INTO order_lines SELECT o, l.n, l.v, l.p, l.q, l.u
    FROM unnest(vendors, products, quantities, prices) WITH ORDINALITY AS l(v, p, q, u, n);
  RETURN total;
END $$;
)";

int spawn_as_postgres(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<std::string> all = arguments;
  if (geteuid() == 0) {
    const std::vector<std::string> user = {"/usr/bin/setpriv", "--reuid=postgres",
                                           "--regid=postgres", "--clear-groups"};
    all.insert(all.begin(), user.begin(), user.end());
  }
  std::vector<char*> raw;
  for (std::string& argument : all) raw.push_back(argument.data());
  raw.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    const int file = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0644);
    dup2(file, 1);
    dup2(file, 2);
    execv(raw[0], raw.data());
    _exit(127);
  }
  return pid;
}

void give_up_with(const std::string& what, const std::filesystem::path& log) {
  std::ifstream file(log);
  give_up(what + ":\n" + std::string(std::istreambuf_iterator<char>(file), {}));
}

std::vector<std::string> server_settings(bool fsync) {
  return {"shared_buffers=2GB",
          "wal_level=minimal",
          "max_wal_senders=0",
          "max_wal_size=16GB",
          "checkpoint_timeout=1h",
          "wal_buffers=64MB",
          "jit=off",
          fsync ? "synchronous_commit=on" : "synchronous_commit=off",
          fsync ? "fsync=on" : "fsync=off",
          fsync ? "full_page_writes=on" : "full_page_writes=off"};
}

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Connection = std::unique_ptr<PGconn, CloseConnection>;
using QueryResult = std::unique_ptr<PGresult, ClearResult>;

void execute(PGconn* connection, const std::string& sql) {
  const QueryResult result(PQexec(connection, sql.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    give_up(std::string("PostgreSQL: ") + PQerrorMessage(connection));
  }
}

Connection connect(const std::string& where) {
  Connection connection(PQconnectdb(where.c_str()));
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    give_up(std::string("PostgreSQL: ") + PQerrorMessage(connection.get()));
  }
  return connection;
}

// One connection and its orders under way, oldest first.
struct Client {
  Connection connection;
  std::deque<Clock::time_point> sent;
};

std::string array_of(const Items& items, std::string (*name)(std::uint32_t)) {
  std::string text = "{";
  for (const std::uint32_t item : items) text += (text.size() > 1 ? "," : "") + name(item);
  return text + "}";
}

class Loop {
 public:
  Loop(const Postgres& postgres, const std::vector<Items>& orders, const PostgresLoad& load)
      : orders_(orders), load_(load) {
    for (std::size_t i = 0; i < load.connections; ++i) {
      Client client{connect(postgres.connection()), {}};
      const QueryResult prepared(PQprepare(client.connection.get(), "place",
                                           "SELECT place_order($1, $2, $3, $4, $5, $6)", 6,
                                           nullptr));
      if (load.depth > 1) PQenterPipelineMode(client.connection.get());
      PQsetnonblocking(client.connection.get(), 1);
      polls_.push_back({PQsocket(client.connection.get()), POLLIN, 0});
      clients_.push_back(std::move(client));
    }
  }

  LoadResult run() {
    const Clock::time_point start = Clock::now();
    end_ = start + load_.duration;
    for (Client& client : clients_) {
      for (std::size_t i = 0; i < load_.depth; ++i) send(client);
    }
    while (under_way_ > 0) {
      poll(polls_.data(), polls_.size(), -1);
      for (std::size_t i = 0; i < polls_.size(); ++i) {
        if (polls_[i].revents != 0) receive(clients_[i]);
        const bool waits = PQflush(clients_[i].connection.get()) == 1;
        polls_[i].events = static_cast<short>(waits ? POLLIN | POLLOUT : POLLIN);
      }
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    result_.orders_a_second = static_cast<double>(result_.latencies_us.size()) / took.count();
    return std::move(result_);
  }

 private:
  void send(Client& client) {
    if (Clock::now() >= end_) return;
    const Items& items = orders_[number_ % orders_.size()];
    const std::string id = fmt::format("{}-{}", run_, number_++);
    static const std::string address(160, 'a');
    const std::string vendors = array_of(items, vendor_id);
    const std::string products = array_of(items, product_id);
    const std::string quantities = array_of(items, [](std::uint32_t) { return std::string("1"); });
    const char* const values[] = {id.c_str(),      "customer-1",     address.c_str(),
                                  vendors.c_str(), products.c_str(), quantities.c_str()};
    PGconn* connection = client.connection.get();
    const int sent = PQsendQueryPrepared(connection, "place", 6, values, nullptr, nullptr, 0);
    if (sent != 1 || (load_.depth > 1 && PQpipelineSync(connection) != 1)) {
      give_up(std::string("PostgreSQL: ") + PQerrorMessage(connection));
    }
    client.sent.push_back(Clock::now());
    ++under_way_;
  }

  void receive(Client& client) {
    PGconn* connection = client.connection.get();
    if (PQconsumeInput(connection) != 1) give_up(PQerrorMessage(connection));
    std::size_t answered = 0;
    while (!client.sent.empty() && PQisBusy(connection) == 0) {
      const QueryResult result(PQgetResult(connection));
      if (take(client, result.get())) ++answered;
      if (result == nullptr && load_.depth == 1) break;
    }
    for (std::size_t i = 0; i < answered; ++i) send(client);
  }

  // Whether `result` answers an order.
  bool take(Client& client, const PGresult* result) {
    if (result == nullptr) return false;
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_PIPELINE_SYNC) return false;
    if (status != PGRES_TUPLES_OK) {
      give_up(std::string("PostgreSQL: ") + PQresultErrorMessage(result));
    }
    const std::chrono::duration<double, std::micro> took = Clock::now() - client.sent.front();
    client.sent.pop_front();
    --under_way_;
    result_.latencies_us.push_back(took.count());
    // The end of the answer is read before the connection is used again.
    if (load_.depth == 1) {
      while (QueryResult(PQgetResult(client.connection.get()))) {
      }
    }
    return true;
  }

  const std::vector<Items>& orders_;
  const PostgresLoad load_;
  std::vector<Client> clients_;
  std::vector<pollfd> polls_;
  Clock::time_point end_;
  std::size_t under_way_ = 0;
  std::uint64_t number_ = 0;
  static inline std::uint64_t runs_ = 0;
  const std::uint64_t run_ = ++runs_;
  LoadResult result_;
};

}  // namespace

std::string Postgres::settings(bool fsync) {
  return fmt::format("{}", fmt::join(server_settings(fsync), " "));
}

Postgres::Postgres(bool fsync) {
  namespace fs = std::filesystem;
  const fs::path folder = scratch_.path() / "pg";
  const fs::path log = scratch_.path() / "log";
  std::ofstream(log).close();
  fs::permissions(scratch_.path(), fs::perms::all);
  fs::permissions(log, fs::perms::all);
  const std::string binaries = kBinaries;
  int status = 0;
  const int made = spawn_as_postgres(
      {binaries + "/initdb", "-D", folder.string(), "-A", "trust", "-U", "bench", "--no-sync"},
      log);
  if (waitpid(made, &status, 0) != made || status != 0) give_up_with("initdb failed", log);
  const std::string socket = scratch_.path().string();
  std::vector<std::string> command = {binaries + "/postgres",
                                      "-D",
                                      folder.string(),
                                      "-k",
                                      socket,
                                      "-c",
                                      "listen_addresses=",
                                      "-c",
                                      fmt::format("max_connections={}", kMaxConnections)};
  for (const std::string& setting : server_settings(fsync)) {
    command.push_back("-c");
    command.push_back(setting);
  }
  pid_ = spawn_as_postgres(command, log);
  connection_ = fmt::format("host={} user=bench dbname=postgres", socket);
  const Clock::time_point deadline = Clock::now() + kStartTimeout;
  while (PQping(connection_.c_str()) != PQPING_OK) {
    if (Clock::now() > deadline) give_up_with("PostgreSQL did not start", log);
    poll(nullptr, 0, 20);
  }
}

Postgres::~Postgres() {
  if (pid_ <= 0) return;
  kill(pid_, SIGINT);  // fast shutdown
  waitpid(pid_, nullptr, 0);
}

void Postgres::fill(std::uint32_t items) {
  const Connection connection = connect(connection_);
  execute(connection.get(), kSchema);
  execute(connection.get(),
          fmt::format("INSERT INTO inventory SELECT 'v' || lpad((k % {})::text, 2, '0'), "
                      "'p' || lpad(k::text, 5, '0'), {}, 1999, 1 "
                      "FROM generate_series(0, {}) AS k",
                      kVendors, kPlenty, items - 1));
  execute(connection.get(), "VACUUM ANALYZE");
  execute(connection.get(), "CHECKPOINT");
}

LoadResult place_orders(const Postgres& postgres, const std::vector<Items>& orders,
                        const PostgresLoad& load) {
  return Loop(postgres, orders, load).run();
}

}  // namespace cassette::bench
