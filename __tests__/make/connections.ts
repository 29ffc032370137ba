import { createConnections } from '../../src/http/connections.ts'

/** Connections of a machine without a proxy. */
export const directly = createConnections({ proxyFor: () => undefined })
