import fc from "fast-check";
import { expect, test } from "vitest";
import { clientAddress } from "../../../src/domain/visitors/address.ts";
import { cpuMs } from "../../support/cpu.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  [" 192.0.2.1 ", "192.0.2.1"],
  ["192.0.2.1:4711", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["::FFFF:C000:201", "192.0.2.1"],
  ["[::ffff:192.0.2.1]:443", "192.0.2.1"],
  ["255.0.0.0", "255.0.0.0"],
  ["0.0.0.0", "0.0.0.0"],
  ["::ffff:0:1", "0.0.0.1"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["2001:DB8:0:0:ffff::1", "2001:db8:0:0::/64"],
  ["[2001:db8:0:1::2]:443", "2001:db8:0:1::/64"],
  ["2001:0db8:0000:0001:0002:0003:0004:0005", "2001:db8:0:1::/64"],
  ["2001:db8:1::", "2001:db8:1:0::/64"],
  ["1::2:3:4:5:6:7", "1:0:2:3::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
])("%s is %s", (header, address) => {
  expect(clientAddress(header)).toBe(address);
});

test.each([
  "",
  " ",
  ",",
  "unknown",
  "192.0.2",
  "192.0.2.256",
  "192.0.2.010",
  "192.0.2.1.1",
  "::ffff:192.0.2.256",
  "2001:db8::1::2",
  "fe80::1%eth0",
  "example.com",
  "https://192.0.2.1",
  "192.0.2.1@192.0.2.2",
  "192.0.2.1;192.0.2.2",
  "::1/64",
  `192.0.2.1${" ".repeat(100)}`,
  "192.0.2.1,",
])("%j names nobody", (header) => {
  expect(clientAddress(header)).toBeNull();
});

test.each([
  ["192.0.2.1", 0, "192.0.2.1"],
  ["192.0.2.1", 1, null],
  ["192.0.2.10", 1, null],
  ["192.0.2.1, 198.51.100.7", 0, "198.51.100.7"],
  ["192.0.2.1, 198.51.100.7", 1, "192.0.2.1"],
  ["192.0.2.1,198.51.100.7", 2, null],
  ["forged, 192.0.2.1, 198.51.100.7, 203.0.113.9", 2, "192.0.2.1"],
  ["forged, 192.0.2.1, 198.51.100.7, 203.0.113.9", 3, null],
  ["forged, 192.0.2.1, 198.51.100.7, 203.0.113.9", 9, null],
  [", 198.51.100.7", 1, null],
  ["192.0.2.1, ", 1, "192.0.2.1"],
])("of %j, with %i proxies' entries at its end, the client is %s", (header, hops, address) => {
  expect(clientAddress(header, hops)).toBe(address);
});

test("what a client writes in front changes nothing", () => {
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), fc.array(fc.ipV6(), { maxLength: 3 }), (forged, client, proxies) => {
      expect(clientAddress([forged, client, ...proxies].join(", "), proxies.length)).toBe(client);
    }),
  );
});

test("addresses of one /64 are one client, of two are two, in whichever form they are written", () => {
  const group = fc.integer({ min: 1, max: 0xfffe }).map((number) => number.toString(16));
  const four = fc.tuple(group, group, group, group);
  fc.assert(
    fc.property(four, four, four, (network, host, other) => {
      const address = clientAddress([...network, ...host].join(":"));
      expect(address).toBe(`${network.join(":")}::/64`);
      expect(clientAddress(`[${[...network, ...other].join(":").toUpperCase()}]:80`)).toBe(address);
      expect(clientAddress([...other, ...host].join(":")) === address).toBe(other.join() === network.join());
    }),
  );
});

test("takes no longer than linear time in what it was sent", async () => {
  for (const header of [":1".repeat(500_000), "1".repeat(1_000_000), ",".repeat(1_000_000), `${"1.".repeat(500_000)},::1`]) {
    expect(await cpuMs(() => clientAddress(header, 5))).toBeLessThan(500);
  }
});
