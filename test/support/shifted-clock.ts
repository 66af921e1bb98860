// Loaded into a server before its own code (`node --import`): its clock goes as the system's, but by as many milliseconds off as the file
// CLOCK_FILE says. The file is read at the start, and again at each SIGUSR2.
import { readFileSync } from "node:fs";

const now = Date.now;
let offset = read();
Date.now = () => now() + offset;

function read(): number {
  return Number(readFileSync(process.env["CLOCK_FILE"] ?? "", "utf8"));
}

process.on("SIGUSR2", () => {
  offset = read();
});
