// History: AdventureWorks' orders folded from the tables' rows, up to any moment. It knows what the
// tables mean, as their README tells it, and nothing of the engine but how its documents are named.
import path from 'node:path';

import { readCsv } from './csv.js';

const house = 'adventure-works';
const order = ['Pending', 'Confirmed', 'Packed', 'Shipped', 'Delivered'];
// What a tracking event takes a sub-order to, at the least. 7 is a problem, and takes it nowhere.
const reaches = {
  1: 'Confirmed', 2: 'Packed', 3: 'Shipped', 4: 'Shipped', 5: 'Shipped', 6: 'Delivered',
};

const timeOf = (text) => Date.parse(`${text.replace(' ', 'T')}Z`);
// Half up, on the decimal's own digits.
function cents(decimal) {
  const [whole, decimals = ''] = decimal.split('.');
  const number = BigInt(whole) * 100n + BigInt(decimals.padEnd(2, '0').slice(0, 2));
  return Number(number + (decimals.length > 2 && decimals[2] >= '5' ? 1n : 0n));
}

export class History {
  constructor(folder) {
    const table = (name) => readCsv(path.join(folder, `${name}.csv`));
    this.vendors = new Map(table('Vendor').map((row) => [row.VendorID, row.ActiveFlag === '1']));
    this.vendors.set(house, true);
    this.products = new Map(table('Product').map((row) => [row.ProductID, {
      seller: house, safety: Number(row.SafetyStockLevel), reorder: Number(row.ReorderPoint),
      needed: 0,
    }]));
    this.#choose(table('ProductVendor'));
    const carriers = new Map(table('ShipMethod').map((row) => [row.ShipMethodID, row.Name]));
    this.orders = new Map(table('SalesOrderHeader').map((row) => [row.SalesOrderID, {
      at: timeOf(row.OrderDate), customer: row.CustomerID, carrier: carriers.get(row.ShipMethodID),
      lines: [], rows: [],
    }]));
    for (const row of table('SalesOrderDetail')) this.#addLine(row);
    const names = new Map(
      table('TrackingEvent').map((row) => [row.TrackingEventID, row.EventName]));
    for (const row of table('OrderTracking')) {
      const of = this.orders.get(row.SalesOrderID);
      of.rows.push({ event: Number(row.TrackingEventID), name: names.get(row.TrackingEventID),
        at: Math.max(timeOf(row.EventDateTime), of.at) });
    }
    for (const each of this.orders.values()) {
      each.rows.sort((a, b) => a.at - b.at || a.event - b.event);
      each.steps = stepsOf(each);
    }
  }

  #choose(offers) {
    const best = new Map();
    for (const { ProductID: id, VendorID: vendor, StandardPrice: price } of offers) {
      if (!this.products.has(id)) continue;
      const offer = [Number(price), Number(vendor)];
      const known = best.get(id);
      const before = known && (known[0] - offer[0] || known[1] - offer[1]);
      if (known && before <= 0) continue;
      best.set(id, offer);
      this.products.get(id).seller = vendor;
    }
  }

  #addLine(row) {
    const product = this.products.get(row.ProductID);
    const of = this.orders.get(row.SalesOrderID);
    const quantity = Number(row.OrderQty);
    product.needed += quantity;
    of.lines.push({ lineId: String(of.lines.length + 1), vendor: product.seller,
      product: row.ProductID, quantity, price: cents(row.UnitPrice) });
  }

  // "2011-05" … of every step that an order takes.
  months() {
    const all = new Set();
    for (const { steps } of this.orders.values()) {
      for (const { at } of steps) all.add(new Date(at).toISOString().slice(0, 7));
    }
    return [...all].sort();
  }

  // The order with all steps before `end`; undefined while it is not placed.
  orderAt(id, end) {
    const { steps, lines, customer, carrier } = this.orders.get(id);
    const done = steps.filter((step) => step.at < end);
    if (done.length === 0) return undefined;
    const state = { status: 'Pending', notes: [], shipmentNotes: [], problem: false };
    for (const step of done) {
      if (step.status) state.status = step.status;
      if (step.note && step.onShipment) state.shipmentNotes.push(step.note);
      if (step.note && !step.onShipment) state.notes.push(step.note);
      if (step.problem && step.onShipment) state.problem = true;
    }
    return documentOf(id, state, lines, customer, carrier);
  }

  // The stock items with all steps before `end`, by vendor and product.
  stockAt(end) {
    const items = new Map();
    for (const [id, product] of this.products) {
      items.set(id, { vendorId: product.seller, productId: id, reorderPoint: product.reorder,
        safetyStock: product.safety, quantityOnHand: product.needed + product.safety,
        quantityReserved: 0 });
    }
    for (const each of this.orders.values()) this.#take(each, end, items);
    for (const item of items.values()) {
      const free = item.quantityOnHand - item.quantityReserved - item.safetyStock;
      item.quantityAvailable = Math.max(0, free);
    }
    return items;
  }

  #take({ steps, lines }, end, items) {
    const done = steps.filter((step) => step.at < end);
    if (done.length === 0) return;
    const shipped = done.some((step) => order.indexOf(step.status) >= order.indexOf('Shipped'));
    for (const line of lines) {
      const item = items.get(line.product);
      if (shipped) item.quantityOnHand -= line.quantity;
      else item.quantityReserved += line.quantity;
    }
  }
}

// What happens to each sub-order of the order, alike, in order: a status reached, or a note.
function stepsOf({ at, rows }) {
  const steps = [{ at, status: 'Pending' }];
  let reached = 0;
  for (const row of rows) {
    const target = order.indexOf(reaches[row.event] ?? order[reached]);
    while (reached < target) {
      reached += 1;
      steps.push({ at: row.at, status: order[reached] });
    }
    if (row.event === 4 || row.event === 5 || row.event === 7) {
      steps.push({ at: row.at, note: row.name, problem: row.event === 7,
        onShipment: reached >= order.indexOf('Shipped') });
    }
  }
  return steps;
}

function documentOf(id, state, lines, customer, carrier) {
  const reached = order.indexOf(state.status);
  const shipped = reached >= order.indexOf('Shipped');
  const delivered = state.status === 'Delivered';
  const vendors = [...new Set(lines.map((line) => line.vendor))].sort();
  const total = (some) => some.reduce((sum, line) => sum + line.quantity * line.price, 0);
  return {
    orderId: `aw-${id}`, customerId: customer, status: state.status, totalAmount: total(lines),
    subOrders: vendors.map((vendor) => {
      const mine = lines.filter((line) => line.vendor === vendor);
      return {
        vendorId: vendor, status: state.status, subtotal: total(mine), notes: state.notes,
        items: mine.map((line) => ({ lineId: line.lineId, productId: line.product,
          unitPrice: line.price, quantity: line.quantity, shipped: shipped ? line.quantity : 0,
          delivered: delivered ? line.quantity : 0 })),
        shipments: shipped ? [{ shipmentId: `aw-${id}-${vendor}`, carrier,
          status: delivered ? 'Delivered' : state.problem ? 'Problem' : 'Shipped',
          notes: state.shipmentNotes }] : [],
      };
    }),
  };
}

// The same of a document as it was served: what the tables can say of it, and no more.
export function shownOrder(document) {
  return {
    orderId: document.orderId, customerId: document.customerId, status: document.status,
    totalAmount: document.totalAmount?.amount,
    subOrders: document.subOrders.map((part) => ({
      vendorId: part.vendorId, status: part.status, subtotal: part.subtotal?.amount,
      notes: (part.notes ?? []).map((note) => note.text),
      items: part.items.map(({ lineId, productId, unitPrice, quantity, shipped, delivered }) =>
        ({ lineId, productId, unitPrice: unitPrice?.amount, quantity, shipped, delivered })),
      shipments: (part.shipments ?? []).map(({ shipmentId, carrier, status, notes }) =>
        ({ shipmentId, carrier, status, notes: (notes ?? []).map((note) => note.text) })),
    })),
  };
}

export function shownStock(document) {
  const { vendorId, productId, reorderPoint, safetyStock, quantityOnHand, quantityReserved,
    quantityAvailable } = document;
  return { vendorId, productId, reorderPoint, safetyStock, quantityOnHand, quantityReserved,
    quantityAvailable };
}
