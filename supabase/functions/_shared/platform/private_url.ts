/** Host names that stay within the machine or its network. One without a dot is a container's. */
const PRIVATE_NAME =
  /^(localhost|[^.:[\]]+|.*\.(localhost|local|localdomain|internal|svc|test|lan))$/i;

/** Tells by its host whether only this machine or its own network can reach `url`. */
export function isPrivateUrl(url: string): boolean {
  const host = new URL(url).hostname.replace(/\.$/, "");
  if (host.startsWith("[")) return isPrivateIpv6(host.slice(1, -1));
  const parts = host.split(".").map(Number);
  if (parts.length === 4 && parts.every(Number.isInteger)) return isPrivateIpv4(parts);
  return PRIVATE_NAME.test(host);
}

/** RFC 1122 (this host), 1918 (private), 3927 (link-local), 6598 (carrier's). */
function isPrivateIpv4([first = 0, second = 0]: readonly number[]): boolean {
  return first === 127 || first === 10 || first === 0 ||
    (first === 192 && second === 168) ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second < 128);
}

/** Loopback, unspecified, unique local (RFC 4193), link-local, and IPv4 written as IPv6. */
function isPrivateIpv6(address: string): boolean {
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(address);
  if (mapped !== null) {
    const high = parseInt(mapped[1] ?? "0", 16);
    return isPrivateIpv4([high >> 8, high & 255]);
  }
  return address === "::1" || address === "::" || /^f[cd]/.test(address) ||
    /^fe[89ab]/.test(address);
}
