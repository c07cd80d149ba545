/**
 * A URL at which no server listens. Port 2 is privileged and outside of the range that systems give to servers which ask for
 * any port, so no other test takes it while this one runs. `fetch` refuses some ports by number, and allows this one.
 */
export const CLOSED_URL = 'http://127.0.0.1:2'
