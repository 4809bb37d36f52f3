// Sends requests byte for byte as they are given, and holds each exchange against the contract:
// what the contract forbids must be refused, and every answer must be as it says.
import assert from 'node:assert/strict';
import http from 'node:http';

export class Client {
  constructor(contract, server) {
    this.contract = contract;
    this.url = server.url;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    // The position of the last write, with which a read sees it.
    this.written = undefined;
  }

  close() {
    this.agent.destroy();
  }

  // `target` is the path and query as they go over the wire. Options: `json` or `raw` with `type`,
  // `key`, `ifMatch`, `ifNoneMatch`, `position`, `headers`, `chunked`, `expect`, the status or
  // statuses that the answer must have, and `forbidden` for the one kind of request that the
  // contract forbids and that is not refused as a whole.
  async send(method, target, options = {}) {
    const body = options.json === undefined ? options.raw : JSON.stringify(options.json);
    const headers = this.#headers(options, body);
    const answer = await this.#exchange(method, target, headers, body, options.chunked);
    this.#hold(method, target, headers, body, answer, options.forbidden);
    if (method !== 'GET') this.written = answer.headers['cassette-position'] ?? this.written;
    if (options.expect !== undefined) {
      const wanted = [options.expect].flat();
      assert.ok(wanted.includes(answer.status),
        `${method} ${target}: ${answer.status}, not ${wanted}: ${answer.text.slice(0, 500)}`);
    }
    return answer;
  }

  #headers(options, body) {
    const headers = {};
    if (body !== undefined) headers['content-type'] = options.type ?? 'application/json';
    if (options.key !== undefined) headers['idempotency-key'] = options.key;
    if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch;
    if (options.ifNoneMatch !== undefined) headers['if-none-match'] = options.ifNoneMatch;
    if (options.position !== undefined) headers['cassette-position'] = options.position;
    return { ...headers, ...options.headers };
  }

  #exchange(method, target, headers, body, chunked) {
    return new Promise((resolve, reject) => {
      const sent = { ...headers };
      if (body !== undefined && !chunked) sent['content-length'] = Buffer.byteLength(body);
      if (chunked) sent['transfer-encoding'] = 'chunked';
      const request = http.request({
        host: this.url.hostname, port: this.url.port, method, path: target, headers: sent,
        agent: this.agent,
      });
      let answered = false;
      request.on('response', (response) => {
        answered = true;
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, headers: response.headers, text,
            get body() { return JSON.parse(text); } });
        });
      });
      // A server that refuses a large body early closes while it is still being sent.
      request.on('error', (error) => { if (!answered) reject(error); });
      request.end(body);
    });
  }

  #hold(method, target, headers, body, answer, forbidden = false) {
    const what = `${method} ${target}`;
    const [pathname, search] = target.split('?');
    const found = this.contract.find(method, pathname);
    // OAuth's routes refuse as OAuth does, where the contract says so.
    const refusal = answer.headers['content-type'] !== 'application/problem+json'
      && found?.operation.template.startsWith('/auth/');
    if (answer.status >= 400 && !refusal) this.#holdProblem(what, answer);
    if (!found) return;
    const wrong = this.contract.responseErrors(found, answer);
    assert.deepEqual(wrong, [], `${what}: the answer is not as the contract says`);
    let errors;
    try {
      errors = this.contract.requestErrors(found,
        { query: new URLSearchParams(search ?? ''), headers, body });
    } catch (error) {
      errors = [error.message];
    }
    assert.equal(errors.length > 0 && answer.status < 400, forbidden,
      `${what}: the contract forbids it, and it was answered ${answer.status}: ${errors}`);
  }

  #holdProblem(what, answer) {
    assert.deepEqual(this.contract.problemErrors(answer), [], `${what}: ${answer.text}`);
    assert.equal(answer.body.status, answer.status, what);
    this.contract.problemTypes.add(answer.body.type.replace('/problems/', ''));
  }

  get(target, options) { return this.send('GET', target, { expect: 200, ...options }); }
  post(target, json, options) { return this.send('POST', target, { json, ...options }); }
  patch(target, json, options) { return this.send('PATCH', target, { json, ...options }); }
  put(target, json, options) { return this.send('PUT', target, { json, ...options }); }
  delete(target, options) { return this.send('DELETE', target, options); }

  // Every item of a list, page by page, with the pages' sizes.
  async pages(target, limit) {
    const items = [];
    const sizes = [];
    const join = target.includes('?') ? '&' : '?';
    let next;
    do {
      const cursor = next ? `&cursor=${encodeURIComponent(next)}` : '';
      const page = (await this.get(`${target}${join}limit=${limit}${cursor}`)).body;
      items.push(...page.items);
      sizes.push(page.items.length);
      next = page.next;
    } while (next);
    return { items, sizes };
  }
}

// The problem's type, without its prefix.
export function problem(answer) {
  return answer.body.type.replace('/problems/', '');
}
