export {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from "./start-authorization-server.ts";
export { type ProtectedServer, startProtectedServer } from "./start-protected-server.ts";
