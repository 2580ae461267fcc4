// Requests to the page's own routes, and to no other server.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given).toString();
  return search ? `${path}?${search}` : path;
}

async function ask(path, query) {
  let reply;
  try {
    reply = await fetch(address(path, query), { credentials: "same-origin" });
  } catch {
    throw new Refused(0, "Airflow does not respond; try again in a moment");
  }
  if (reply.ok) return reply;
  const body = await reply.json().catch(() => ({}));
  const message = reply.status === 401 ? "You are signed out; sign in to Airflow and reload this page" : body.error;
  throw new Refused(reply.status, message || `Airflow answered ${reply.status}`);
}

export const json = async (path, query) => (await ask(path, query)).json();
export const text = async (path, query) => (await ask(path, query)).text();
