import { connect, createServer, type Socket } from "node:net";

/** Passes everything that comes to a port of 127.0.0.1 on to `target` (`host:port`), from now until it is stopped. */
export async function startForwarder(port: number, target: string): Promise<{ stop(): Promise<void> }> {
  const { hostname, port: targetPort } = new URL(`http://${target}`);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(targetPort), hostname);
    for (const [socket, other] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(socket.setNoDelay());
      socket.pipe(other);
      // Which ends both, as "close" follows.
      socket
        .on("error", () => {})
        .once("close", () => {
          sockets.delete(socket);
          other.destroy();
        });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
