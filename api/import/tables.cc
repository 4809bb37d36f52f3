// Tables: reads each file, and joins them as the marketplace sees them.
#include "api/import/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "api/import/csv.h"

namespace cassette::api::importing {
namespace {

using domain::Timestamp;

// A file, its rows, and the first thing that is wrong with any file of the folder.
class Source {
 public:
  Source(const std::string& folder, const std::string& file,
         std::initializer_list<std::string_view> columns, std::string& error)
      : file_(file), error_(error) {
    if (!error_.empty()) return;
    Result<CsvTable, std::string> table = CsvTable::load(folder + "/" + file);
    if (!table) {
      fail(table.error());
      return;
    }
    table_ = std::move(table).value();
    for (const std::string_view column : columns) {
      if (!table_.has(column)) fail(fmt::format("{} has no {}", file, column));
    }
  }

  std::size_t size() const { return error_.empty() ? table_.size() : 0; }
  const std::string& text(std::size_t row, std::string_view column) const {
    return table_.at(row, column);
  }

  std::string id(std::size_t row, std::string_view column) {
    const std::string& text = table_.at(row, column);
    return take(row, column, domain::valid_id(text) ? std::optional(text) : std::nullopt);
  }

  std::int64_t number(std::size_t row, std::string_view column) {
    const std::string& text = table_.at(row, column);
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    const bool ok = error == std::errc() && at == end;
    return take(row, column, ok ? std::optional(number) : std::nullopt);
  }

  std::int64_t decimal(std::size_t row, std::string_view column, std::size_t places) {
    return take(row, column, rounded(table_.at(row, column), places));
  }
  std::int64_t cents(std::size_t row, std::string_view column) { return decimal(row, column, 2); }

  // "2011-05-31 05:30:00", with decimals or without, is taken as UTC.
  Timestamp time(std::size_t row, std::string_view column) {
    std::string text = table_.at(row, column) + "Z";
    if (const std::size_t space = text.find(' '); space != std::string::npos) text[space] = 'T';
    return take(row, column, domain::parse_timestamp(text));
  }

 private:
  template <class T>
  T take(std::size_t row, std::string_view column, std::optional<T> value) {
    if (!value)
      fail(fmt::format("{}, row {}: {} is {}", file_, row + 1, column, text(row, column)));
    return value.value_or(T{});
  }

  void fail(std::string what) {
    if (error_.empty()) error_ = std::move(what);
  }

  std::string file_;
  std::string& error_;
  CsvTable table_;
};

std::vector<VendorRow> read_vendors(const std::string& folder, std::string& error) {
  Source source(folder, "Vendor.csv", {"VendorID", "Name", "ActiveFlag"}, error);
  std::vector<VendorRow> vendors;
  for (std::size_t row = 0; row < source.size(); ++row) {
    vendors.push_back({source.id(row, "VendorID"), source.text(row, "Name"),
                       source.text(row, "ActiveFlag") == "1"});
  }
  return vendors;
}

std::vector<CustomerRow> read_customers(const std::string& folder, std::string& error) {
  Source source(folder, "Customer.csv", {"CustomerID", "FirstName", "LastName"}, error);
  std::vector<CustomerRow> customers;
  for (std::size_t row = 0; row < source.size(); ++row) {
    customers.push_back({source.id(row, "CustomerID"),
                         source.text(row, "FirstName") + " " + source.text(row, "LastName")});
  }
  return customers;
}

// ---- catalogue

struct Category {
  std::string name;
  std::string subcategory;
};

std::map<std::string, Category> read_categories(const std::string& folder, std::string& error) {
  std::map<std::string, std::string> names;
  Source categories(folder, "ProductCategory.csv", {"ProductCategoryID", "Name"}, error);
  for (std::size_t row = 0; row < categories.size(); ++row) {
    names[categories.text(row, "ProductCategoryID")] = categories.text(row, "Name");
  }
  std::map<std::string, Category> all;
  Source source(folder, "ProductSubCategory.csv",
                {"ProductSubcategoryID", "ProductCategoryID", "ProductSubCategoryName"}, error);
  for (std::size_t row = 0; row < source.size(); ++row) {
    all[source.text(row, "ProductSubcategoryID")] = {names[source.text(row, "ProductCategoryID")],
                                                     source.text(row, "ProductSubCategoryName")};
  }
  return all;
}

// What the name ends with after its last comma, unless it is the colour.
std::string size_of(const std::string& name, const std::string& color, const std::string& unit) {
  const std::size_t comma = name.rfind(", ");
  if (comma == std::string::npos) return "";
  const std::string size = name.substr(comma + 2);
  if (size == color) return "";
  return unit.empty() ? size : size + " " + unit;
}

std::map<std::string, std::string> specifications(const Source& source, std::size_t row,
                                                  const Category& category) {
  std::map<std::string, std::string> all{
      {"color", source.text(row, "Color")},
      {"size", size_of(source.text(row, "ProductName"), source.text(row, "Color"),
                       source.text(row, "SizeUnitMeasureCode"))},
      {"class", source.text(row, "Class")},
      {"style", source.text(row, "Style")},
      {"line", source.text(row, "ProductLine")},
      {"subcategory", category.subcategory}};
  if (source.text(row, "Weight") != "0.0") {
    all["weight"] = source.text(row, "Weight") + " " + source.text(row, "WeightUnitMeasureCode");
  }
  if (source.text(row, "ProductModelID") != "0") {
    all["model"] = source.text(row, "ProductModelID");
  }
  std::erase_if(all, [](const auto& entry) { return entry.second.empty(); });
  return all;
}

std::map<std::string, ProductRow> read_products(const std::string& folder, std::string& error) {
  std::map<std::string, Category> categories = read_categories(folder, error);
  Source source(folder, "Product.csv",
                {"ProductID", "ProductName", "ProductNumber", "ListPrice", "SafetyStockLevel",
                 "ReorderPoint", "Color", "SizeUnitMeasureCode", "WeightUnitMeasureCode", "Weight",
                 "ProductLine", "Class", "Style", "ProductSubcategoryID", "ProductModelID"},
                error);
  std::map<std::string, ProductRow> products;
  for (std::size_t row = 0; row < source.size(); ++row) {
    const Category& category = categories[source.text(row, "ProductSubcategoryID")];
    std::string id = source.id(row, "ProductID");
    products[id] = {id,
                    std::string(kHouseVendor),
                    source.text(row, "ProductName"),
                    source.text(row, "ProductNumber"),
                    source.cents(row, "ListPrice"),
                    category.name,
                    specifications(source, row, category),
                    source.number(row, "SafetyStockLevel"),
                    source.number(row, "ReorderPoint")};
  }
  return products;
}

// Of the table; prices are compared by all of them.
constexpr std::size_t kPriceDecimals = 4;

// The lowest price wins, then the lowest id as a number.
void choose_sellers(const std::string& folder, std::map<std::string, ProductRow>& products,
                    std::string& error) {
  Source source(folder, "ProductVendor.csv", {"ProductID", "VendorID", "StandardPrice"}, error);
  std::unordered_map<std::string, std::pair<std::int64_t, std::int64_t>> lowest;
  for (std::size_t row = 0; row < source.size(); ++row) {
    const auto product = products.find(source.text(row, "ProductID"));
    if (product == products.end()) continue;
    const std::pair offer(source.decimal(row, "StandardPrice", kPriceDecimals),
                          source.number(row, "VendorID"));
    const auto [best, first] = lowest.try_emplace(product->first, offer);
    if (!first && offer >= best->second) continue;
    best->second = offer;
    product->second.seller = source.id(row, "VendorID");
    product->second.price = source.cents(row, "StandardPrice");
  }
}

// ---- orders

std::unordered_map<std::string, std::string> read_carriers(const std::string& folder,
                                                           std::string& error) {
  Source source(folder, "ShipMethod.csv", {"ShipMethodID", "Name"}, error);
  std::unordered_map<std::string, std::string> names;
  for (std::size_t row = 0; row < source.size(); ++row) {
    names[source.text(row, "ShipMethodID")] = source.text(row, "Name");
  }
  return names;
}

using OrdersById = std::map<std::string, OrderRow>;

OrdersById read_headers(const std::string& folder, std::string& error) {
  std::unordered_map<std::string, std::string> carriers = read_carriers(folder, error);
  Source source(folder, "SalesOrderHeader.csv",
                {"SalesOrderID", "CustomerID", "ShipMethodID", "OrderDate"}, error);
  OrdersById orders;
  for (std::size_t row = 0; row < source.size(); ++row) {
    OrderRow order;
    order.order_id = source.id(row, "SalesOrderID");
    order.customer_id = source.id(row, "CustomerID");
    order.carrier = carriers[source.text(row, "ShipMethodID")];
    order.at = source.time(row, "OrderDate");
    orders.emplace(order.order_id, std::move(order));
  }
  return orders;
}

void add_lines(const std::string& folder, const std::map<std::string, ProductRow>& products,
               OrdersById& orders, std::string& error) {
  Source source(folder, "SalesOrderDetail.csv",
                {"SalesOrderID", "ProductID", "OrderQty", "UnitPrice"}, error);
  for (std::size_t row = 0; row < source.size(); ++row) {
    const auto order = orders.find(source.text(row, "SalesOrderID"));
    const std::string& product = source.text(row, "ProductID");
    if (order == orders.end() || !products.contains(product)) {
      error = fmt::format("SalesOrderDetail.csv, row {}: no such order or product", row + 1);
      return;
    }
    order->second.lines.push_back(
        {product, source.number(row, "OrderQty"), source.cents(row, "UnitPrice")});
  }
}

void add_tracking(const std::string& folder, OrdersById& orders, std::string& error) {
  std::unordered_map<std::string, std::string> names;
  Source events(folder, "TrackingEvent.csv", {"TrackingEventID", "EventName"}, error);
  for (std::size_t row = 0; row < events.size(); ++row) {
    names[events.text(row, "TrackingEventID")] = events.text(row, "EventName");
  }
  Source source(folder, "OrderTracking.csv", {"SalesOrderID", "TrackingEventID", "EventDateTime"},
                error);
  for (std::size_t row = 0; row < source.size(); ++row) {
    const auto order = orders.find(source.text(row, "SalesOrderID"));
    if (order == orders.end()) {
      error = fmt::format("OrderTracking.csv, row {}: no such order", row + 1);
      return;
    }
    order->second.tracking.push_back({std::max(source.time(row, "EventDateTime"), order->second.at),
                                      static_cast<int>(source.number(row, "TrackingEventID")),
                                      names[source.text(row, "TrackingEventID")]});
  }
}

std::vector<OrderRow> read_orders(const std::string& folder,
                                  const std::map<std::string, ProductRow>& products,
                                  std::string& error) {
  OrdersById by_id = read_headers(folder, error);
  add_lines(folder, products, by_id, error);
  add_tracking(folder, by_id, error);
  std::vector<OrderRow> orders;
  for (auto& [id, order] : by_id) {
    std::stable_sort(order.tracking.begin(), order.tracking.end(),
                     [](const TrackingRow& a, const TrackingRow& b) {
                       return std::pair(a.at, a.event) < std::pair(b.at, b.event);
                     });
    orders.push_back(std::move(order));
  }
  return orders;
}

}  // namespace

std::optional<std::int64_t> rounded(std::string_view decimal, std::size_t places) {
  constexpr std::size_t kMaxWholeDigits = 12;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::size_t point = std::min(decimal.find('.'), decimal.size());
  const std::string_view whole = decimal.substr(0, point);
  const std::string_view decimals = decimal.substr(std::min(point + 1, decimal.size()));
  if (whole.empty() || whole.size() > kMaxWholeDigits) return std::nullopt;
  if (!std::all_of(whole.begin(), whole.end(), digit)) return std::nullopt;
  if (!std::all_of(decimals.begin(), decimals.end(), digit)) return std::nullopt;
  std::int64_t number = 0;
  for (const char c : whole) number = number * 10 + (c - '0');
  for (std::size_t i = 0; i < places; ++i) {
    number = number * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  return number + (decimals.size() > places && decimals[places] >= '5' ? 1 : 0);
}

Result<Tables, std::string> load_tables(const std::string& folder) {
  std::string error;
  Tables tables;
  tables.vendors = read_vendors(folder, error);
  tables.customers = read_customers(folder, error);
  tables.products = read_products(folder, error);
  choose_sellers(folder, tables.products, error);
  tables.orders = read_orders(folder, tables.products, error);
  if (!error.empty()) return Failure{error};
  return tables;
}

}  // namespace cassette::api::importing
