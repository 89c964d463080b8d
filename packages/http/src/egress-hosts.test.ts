import { isCapstanError } from '@capstan/sdk';
import { describe, expect, test } from 'vitest';
import { parseTarget } from './egress-hosts.ts';

function codeOf(url: string, egress?: readonly string[]): string {
  try {
    parseTarget(url, egress);
    return 'allowed';
  } catch (error) {
    return isCapstanError(error) ? error.code : String(error);
  }
}

test('a base URL is parsed once into origin and path prefix', () => {
  expect(parseTarget('https://Tools.Example.com:8443/api//', undefined)).toEqual({
    origin: 'https://tools.example.com:8443',
    basePath: '/api',
    hostname: 'tools.example.com',
  });
  expect(parseTarget('http://example.com', undefined).basePath).toBe('');
  expect(parseTarget('http://[2606:4700::1]:80/', undefined).origin).toBe('http://[2606:4700::1]');
});

describe('what is no base URL is refused with a code that says so', () => {
  test.each([
    ['file:///etc/passwd', 'CAPSTAN_EGRESS_DENIED'],
    ['ftp://example.com', 'CAPSTAN_EGRESS_DENIED'],
    ['javascript:alert(1)', 'CAPSTAN_EGRESS_DENIED'],
    ['data:text/plain,x', 'CAPSTAN_EGRESS_DENIED'],
    ['ws://example.com', 'CAPSTAN_EGRESS_DENIED'],
    ['', 'CAPSTAN_CONFIG_INVALID'],
    ['example.com/api', 'CAPSTAN_CONFIG_INVALID'],
    ['http://', 'CAPSTAN_CONFIG_INVALID'],
    ['http://user:pass@example.com', 'CAPSTAN_CONFIG_INVALID'],
    ['http://user@example.com', 'CAPSTAN_CONFIG_INVALID'],
    ['http://allowed.example@evil.example', 'CAPSTAN_CONFIG_INVALID'],
    ['http://example.com/?key=s3cret', 'CAPSTAN_CONFIG_INVALID'],
    ['http://exa mple.com', 'CAPSTAN_CONFIG_INVALID'],
    ['http://[fe80::1%25eth0]/', 'CAPSTAN_CONFIG_INVALID'],
    ['http://1.2.3.4.5/', 'CAPSTAN_CONFIG_INVALID'],
  ])('%s', (url, code) => {
    expect(codeOf(url)).toBe(code);
  });
});

test('a refusal repeats no credential of the URL', () => {
  for (const url of ['http://user:hunter22@example.com/', 'http://example.com/?key=hunter22', 'http://:hunter22@']) {
    try {
      parseTarget(url, undefined);
    } catch (error) {
      expect(String(error)).not.toContain('hunter22');
    }
  }
  expect.assertions(3);
});

describe('the allowlist compares what the URL parser made of a host', () => {
  test.each([
    ['https://api.example.com/', ['api.example.com'], true],
    ['https://API.EXAMPLE.COM/', ['api.example.com'], true],
    ['https://api.example.com/', ['API.Example.Com'], true],
    ['https://api.example.com./', ['api.example.com'], true],
    ['https://api.example.com/', ['api.example.com.'], true],
    ['https://api.example.com.evil.test/', ['api.example.com'], false],
    ['https://evil.test#api.example.com', ['api.example.com'], false],
    ['https://evil.test\\api.example.com/', ['api.example.com'], false],
    ['https://evil.test/api.example.com', ['api.example.com'], false],
    ['https://notexample.com/', ['example.com'], false],
    ['https://sub.example.com/', ['example.com'], false],
    ['https://a.b.example.com/', ['*.example.com'], true],
    ['https://example.com/', ['*.example.com'], false],
    ['https://evilexample.com/', ['*.example.com'], false],
    ['https://.example.com/', ['*.example.com'], false],
    ['https://bücher.example/', ['xn--bcher-kva.example'], true],
    ['https://xn--bcher-kva.example/', ['bücher.example'], true],
    ['http://ⓔxample.com/', ['example.com'], true],
    ['http://exa\tmple.com/', ['example.com'], true],
    ['http://api.example.com:8080/', ['api.example.com'], true],
    ['http://api.example.com:8080/', ['api.example.com:8080'], true],
    ['http://api.example.com:8081/', ['api.example.com:8080'], false],
    ['http://api.example.com/', ['api.example.com:80'], true],
    ['https://api.example.com/', ['https://api.example.com/v1/'], true],
    ['http://api.example.com/', ['https://api.example.com'], false],
    ['https://a.example.com/', ['https://*.example.com'], true],
    ['http://2130706433/', ['127.0.0.1'], true],
    ['http://0x7f.1/', ['127.0.0.1'], true],
    ['http://0177.0.0.1/', ['127.0.0.1'], true],
    ['http://0177.0.0.1/', ['177.0.0.1'], false],
    ['http://[::1]/', ['[::1]'], true],
    ['http://[0:0:0:0:0:0:0:1]/', ['[::1]'], true],
    ['https://api.example.com/', [], false],
    ['https://api.example.com/', ['other.test', 'api.example.com'], true],
  ])('%s against %j', (url, egress, allowed) => {
    expect(codeOf(url, egress)).toBe(allowed ? 'allowed' : 'CAPSTAN_EGRESS_DENIED');
  });
});

test('an entry that names no host is a mistake in the configuration, not a rule that matches nothing', () => {
  for (const entry of ['*', '', 'user@host.example', 'https://']) {
    expect(codeOf('https://example.com/', [entry])).toBe('CAPSTAN_CONFIG_INVALID');
  }
});
