import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import vm from "node:vm";

// Goes before a server, and when that ends writes what V8 has compiled of the script that SCRIPT names beside the script.
vm.Script = class extends vm.Script {
  constructor(source: string, options: vm.ScriptOptions) {
    super(source, options);
    const { filename = "" } = options;
    if (basename(filename) === process.env["SCRIPT"]) {
      process.on("exit", () => writeFileSync(`${filename}.cache`, this.createCachedData()));
    }
  }
};

// However slow this machine is, all that the server does falls into one second: a busy one, in which it loads Google's client.
const now = Date.now();
Date.now = () => now;
