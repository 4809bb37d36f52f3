// SmallTables: the rows.
#include "tests/support/small_tables.h"

#include <unistd.h>

#include <fstream>

namespace cassette::test {
namespace {

const std::map<std::string, std::string> kFiles = {
    {"Vendor.csv", "VendorID,Name,ActiveFlag\n9,Nine Cycles,1\n10,Ten Cycles,0\n"},
    {"Customer.csv", "CustomerID,FirstName,LastName\n77,Ada,Rider\n"},
    {"ProductCategory.csv", "ProductCategoryID,Name\n2,Components\n"},
    {"ProductSubCategory.csv",
     "ProductSubcategoryID,ProductCategoryID,ProductSubCategoryName\n14,2,Road Frames\n"},
    {"Product.csv",
     "ProductID,ProductName,ProductNumber,ListPrice,SafetyStockLevel,ReorderPoint,Color,"
     "SizeUnitMeasureCode,WeightUnitMeasureCode,Weight,ProductLine,Class,Style,"
     "ProductSubcategoryID,ProductModelID\n"
     "1,\"HL Road Frame - Black, 58\",FR-1,1431.5,500,375,Black,CM,LB,2.24,R,H,U,14,6\n"
     "2,\"Cap, Red\",CA-2,8.99,4,3,Red,,,0.0,,,,0,0\n"},
    // The same lowest price twice: the lower id wins, as a number.
    {"ProductVendor.csv",
     "ProductID,VendorID,StandardPrice\n1,10,47.8701\n1,9,47.8701\n1,10,47.8702\n"},
    {"ShipMethod.csv", "ShipMethodID,Name\n5,CAR TRANSPORT 5\n"},
    {"SalesOrderHeader.csv",
     "SalesOrderID,CustomerID,ShipMethodID,OrderDate\n"
     "100,77,5,2011-05-31 05:30:00\n200,77,5,2011-06-01 00:00:00\n"},
    {"SalesOrderDetail.csv",
     "SalesOrderID,ProductID,OrderQty,UnitPrice\n"
     "100,1,2,2024.995\n100,2,3,5.1865\n200,2,1,5.1864\n"},
    {"TrackingEvent.csv",
     "TrackingEventID,EventName\n1,Order processing\n2,Order processed\n3,In transit\n"
     "4,Arrived at facility\n5,Departed from facility\n6,Order delivered\n7,Delivery error\n"},
    // Order 100's first row is earlier than the order; order 200 skips 3 and ends in a problem.
    {"OrderTracking.csv",
     "SalesOrderID,TrackingEventID,EventDateTime\n"
     "100,6,2011-06-02 09:00:00.000000\n100,1,2011-05-31 02:00:00.000000\n"
     "100,2,2011-05-31 05:30:00.000000\n100,3,2011-06-01 00:00:00.000000\n"
     "100,4,2011-06-01 03:00:00.000000\n"
     "200,7,2011-06-01 02:00:00.000000\n200,4,2011-06-02 03:00:00.000000\n"
     "200,7,2011-06-03 09:00:00.000000\n"},
};

}  // namespace

SmallTables::SmallTables() {
  std::string name = (std::filesystem::temp_directory_path() / "cassette-tables-XXXXXX").string();
  folder_ = mkdtemp(name.data());
  for (const auto& [file, text] : kFiles) replace(file, text);
}

SmallTables::~SmallTables() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void SmallTables::replace(const std::string& file, const std::string& text) const {
  std::ofstream(folder_ / file) << text;
}

}  // namespace cassette::test
