import { request as ask, createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** A proxy as people put them in front: it takes its prefix off, and hands on the rest under another name. */
export async function openProxy(prefix: string, portOf: () => number) {
  const server = createServer((request, response) => {
    const { method, headers, url = "" } = request;
    if (!url.startsWith(`${prefix}/`)) return void response.writeHead(404).end();
    const path = url.slice(prefix.length);
    const onward = ask(
      { port: portOf(), host: "127.0.0.1", method, headers: local(headers), path },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  server.on("upgrade", (request, socket, head) => {
    const path = (request.url ?? "").slice(prefix.length);
    const lines = Object.entries(local(request.headers)).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const onward = connect(portOf(), "127.0.0.1", () => {
      onward.write([`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const own = (server.address() as AddressInfo).port;
  function local(headers: NodeJS.Dict<string | string[]>) {
    const { origin: _, ...rest } = headers;
    return { ...rest, host: `127.0.0.1:${portOf()}` };
  }
  return {
    site: `http://127.0.0.1:${own}${prefix}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
