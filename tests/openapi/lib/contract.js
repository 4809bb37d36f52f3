// The contract: docs/openapi.yaml as validators, for the document itself and for every exchange.
// It also counts which operations answered with which status. It sends nothing.
import { Validator } from '@seriousme/openapi-schema-validator';
import addFormats from 'ajv-formats';
import Ajv2020 from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

import { sourceDir } from './server.js';

export const contractFile = path.join(sourceDir, 'docs/openapi.yaml');

const methods = ['get', 'put', 'post', 'delete', 'patch'];
// Statuses that any operation may answer with, by its `default` response.
const othersByDefault = [401, 403, 405, 408, 414, 429];

// An OpenAPI 3.1 document: is it one? Gives what is wrong, or nothing.
export async function documentErrors() {
  const validator = new Validator();
  const result = await validator.validate(contractFile);
  if (!result.valid) return result.errors;
  return validator.version === '3.1' ? undefined : `OpenAPI ${validator.version}`;
}

export class Contract {
  constructor() {
    this.document = parse(readFileSync(contractFile, 'utf8'));
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(this.ajv);
    this.ajv.addSchema(this.document, 'contract');
    this.compiled = new Map();
    this.operations = [];
    for (const [template, item] of Object.entries(this.document.paths)) {
      for (const method of methods.filter((name) => item[name])) {
        this.operations.push(this.#operation(template, item, method));
      }
    }
    this.answered = new Map(this.operations.map(({ id }) => [id, new Set()]));
    this.problemTypes = new Set();
  }

  #operation(template, item, method) {
    const operation = item[method];
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
    return {
      id: operation.operationId,
      method: method.toUpperCase(),
      template,
      pattern: new RegExp(`^${template.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '([^/]*)')}$`),
      names: [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]),
      parameters: parameters.map((parameter) => this.#resolve(parameter)),
      body: this.#resolve(operation.requestBody),
      responses: operation.responses,
      prefixes: operation['x-query-prefixes'] ?? [],
    };
  }

  #resolve(node) {
    if (!node?.$ref) return node;
    return node.$ref.split('/').slice(1).reduce((at, key) => at[key], this.document);
  }

  // What is wrong with `value`, in words; empty when nothing is.
  #errors(schema, value, where) {
    const text = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"contract#/');
    if (!this.compiled.has(text)) this.compiled.set(text, this.ajv.compile(JSON.parse(text)));
    const validate = this.compiled.get(text);
    if (validate(value)) return [];
    return validate.errors.map((error) =>
      `${where}${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`);
  }

  // Nothing when the path and method are not in the contract.
  find(method, pathname) {
    for (const operation of this.operations) {
      const match = operation.method === method && operation.pattern.exec(pathname);
      if (match) return { operation, segments: match.slice(1) };
    }
    return undefined;
  }

  // What is wrong with a request by the contract.
  requestErrors({ operation, segments }, { query, headers, body }) {
    const errors = [];
    const known = new Set();
    for (const parameter of operation.parameters) {
      if (parameter.in === 'query') known.add(parameter.name);
      const value = this.#parameterValue(operation, segments, query, headers, parameter);
      if (value === undefined) {
        if (parameter.required) errors.push(`${parameter.name} is required`);
      } else {
        errors.push(...this.#errors(parameter.schema, value, parameter.name));
      }
    }
    const prefixed = (name) => operation.prefixes.some((prefix) => name.startsWith(prefix));
    for (const name of query.keys()) {
      if (!known.has(name) && !prefixed(name)) errors.push(`${name} is not a parameter`);
    }
    return [...errors, ...this.#bodyErrors(operation, headers, body)];
  }

  #parameterValue(operation, segments, query, headers, parameter) {
    if (parameter.in === 'path') {
      return decodeURIComponent(segments[operation.names.indexOf(parameter.name)]);
    }
    if (parameter.in === 'header') return headers[parameter.name.toLowerCase()];
    const values = query.getAll(parameter.name);
    if (values.length === 0) return undefined;
    if (parameter.schema.type === 'array') return values;
    if (values.length > 1) return values; // no schema of one value takes it
    if (parameter.schema.type === 'integer' && /^-?\d+$/.test(values[0])) return Number(values[0]);
    if (parameter.schema.type === 'boolean' && /^(true|false)$/.test(values[0])) {
      return values[0] === 'true';
    }
    return values[0];
  }

  #bodyErrors(operation, headers, body) {
    if (!operation.body) return body ? ['there is no request body'] : [];
    if (!body) return operation.body.required ? ['the request body is required'] : [];
    const type = (headers['content-type'] ?? '').split(';')[0];
    const media = operation.body.content[type];
    if (!media) return [`no request body of type ${type}`];
    if (media['x-line-schema']) {
      return this.#lineErrors(media['x-line-schema'], body.toString(), 'request line');
    }
    if (type === 'application/x-www-form-urlencoded') {
      const fields = Object.fromEntries(new URLSearchParams(body.toString()));
      return this.#errors(media.schema, fields, 'request body');
    }
    return this.#jsonErrors(media.schema, body.toString(), 'request body');
  }

  #jsonErrors(schema, text, where) {
    try {
      return this.#errors(schema, JSON.parse(text), where);
    } catch {
      return [`${where} is not JSON`];
    }
  }

  #lineErrors(schema, text, where) {
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.flatMap((line, i) => this.#jsonErrors(schema, line, `${where} ${i + 1}`));
  }

  // What is wrong with an answer by the contract; notes that the operation gave it.
  responseErrors({ operation }, { status, headers, text }) {
    const declared = operation.responses[status]
      ?? (othersByDefault.includes(status) ? operation.responses.default : undefined);
    if (!declared) return [`${operation.id} may not answer ${status}: ${text.slice(0, 500)}`];
    this.answered.get(operation.id).add(status);
    const response = this.#resolve(declared);
    const errors = [];
    for (const [name, reference] of Object.entries(response.headers ?? {})) {
      const header = this.#resolve(reference);
      const value = [headers[name.toLowerCase()]].flat()[0]; // Set-Cookie comes as a list
      if (value === undefined) {
        if (header.required) errors.push(`${operation.id} ${status} has no ${name}`);
      } else {
        const typed = header.schema.type === 'integer' ? Number(value) : value;
        errors.push(...this.#errors(header.schema, typed, name));
      }
    }
    return [...errors, ...this.#contentErrors(operation, response, status, headers, text)];
  }

  #contentErrors(operation, response, status, headers, text) {
    if (!response.content) return text === '' ? [] : [`${operation.id} ${status} has a body`];
    const type = (headers['content-type'] ?? '').split(';')[0];
    const media = response.content[type];
    if (!media) return [`${operation.id} ${status} may not be of type ${type}`];
    const where = `${operation.id} ${status} body`;
    if (media['x-line-schema']) return this.#lineErrors(media['x-line-schema'], text, where);
    if (!type.endsWith('json')) return this.#errors(media.schema, text, where);
    return this.#jsonErrors(media.schema, text, where);
  }

  // An answer to what is no operation: always a problem.
  problemErrors({ headers, text }) {
    if (headers['content-type'] !== 'application/problem+json') {
      return [`a problem may not be of type ${headers['content-type']}: ${text.slice(0, 200)}`];
    }
    return this.#jsonErrors({ $ref: '#/components/schemas/Problem' }, text, 'problem');
  }
}
