/** A network that fails as it is told to. */
export { startTcpProxy, type TcpProxy, type Weather } from "./start-tcp-proxy.ts";
