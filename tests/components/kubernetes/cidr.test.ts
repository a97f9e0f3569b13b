import { expect } from "chai";
import { isNetworkAddress } from "../../../components/kubernetes/cidr.ts";

describe("addresses with a prefix", () => {
  for (const cidr of [
    "10.0.0.0/8",
    "0.0.0.0/0",
    "192.168.4.7/32",
    "fd00::/8",
    "::/0",
    "2001:db8::1/128",
    "::ffff:10.0.0.0/104",
  ]) {
    it(`${cidr} are written with their first address`, () => expect(isNetworkAddress(cidr)).to.equal(true));
  }
  for (const cidr of [
    "10.0.0.1/8",
    "236.8.33.254/29",
    "1.0.0.0/0",
    "fd00::1/64",
    "::1/127",
    "::ffff:10.0.0.1/104",
    "text",
  ]) {
    it(`${cidr} are not`, () => expect(isNetworkAddress(cidr)).to.equal(false));
  }
});
