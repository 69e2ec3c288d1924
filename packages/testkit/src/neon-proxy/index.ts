export { type NeonProxy, type NeonProxyOptions, startNeonProxy } from "./proxy.ts";
