import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkUrl, type UrlPolicy } from './url.ts';

const POLICY: UrlPolicy = { hosts: ['api.example.com', '*.example.org', 'x.test:8443', '127.0.0.1', '[::1]'] };

describe('a URL', () => {
  it.each([
    'https://api.example.com/a?b=c#d',
    'https://API.Example.COM./',
    'https://a.example.org',
    'https://a.b.example.org:443/',
    'https://x.test:8443/',
  ])('%s passes', (text) => {
    expect(checkUrl(text, POLICY).href).toBe(new URL(text).href);
  });

  it.each([
    ['http://api.example.com/', 'scheme "http"'],
    ['javascript:alert(1)', 'scheme "javascript"'],
    ['file:///etc/passwd', 'scheme "file"'],
    ['https://api.example.com@evil.test/', 'user name'],
    ['https://user:pw@api.example.com/', 'user name'],
    ['https://evil.test/api.example.com', 'not allowed'],
    ['https://api.example.com.evil.test/', 'not allowed'],
    ['https://example.org/', 'not allowed'],
    ['https://evilexample.org/', 'not allowed'],
    ['https://api.example.com:8443/', 'not allowed'],
    ['https://x.test/', 'not allowed'],
    ['https://api.example.com\\@evil.test/', 'is no URL'],
    ['https://api.example.com/\r\nHost: evil', 'is no URL'],
    ['https://api.exam\tple.com/', 'is no URL'],
    [' https://api.example.com/', 'is no URL'],
    ['//api.example.com/', 'is no URL'],
    ['', 'is no URL'],
    ['https://127.0.0.1/', 'not public'],
    ['https://2130706433/', 'not public'],
    ['https://0x7f.1/', 'not public'],
    ['https://[::1]/', 'not public'],
    ['https://[::ffff:10.0.0.1]/', 'not public'],
    ['https://[::7f00:1]/', 'not public'],
    ['https://[64:ff9b::a00:1]/', 'not public'],
    ['https://localhost/', 'not public'],
    ['https://x.localhost./', 'not public'],
  ])('%j is refused', (text, reason) => {
    expect(() => checkUrl(text, POLICY)).toThrow(reason);
  });

  it('of ten thousand characters is refused', () => {
    expect(() => checkUrl(`https://api.example.com/${'x'.repeat(10_000)}`, POLICY)).toThrow('is no URL');
  });

  it('may have a private address where the policy says so twice', () => {
    const policy: UrlPolicy = { ...POLICY, schemes: ['http'], allowPrivateAddresses: true };
    expect(checkUrl('http://127.0.0.1/', policy).hostname).toBe('127.0.0.1');
    expect(() => checkUrl('http://127.0.0.2/', policy)).toThrow('not allowed');
  });

  it('shows an author that an entry is no host', () => {
    expect(() => checkUrl('https://a.test/', { hosts: ['https://a.test'] })).toThrow(TypeError);
  });

  it('never passes with another host, scheme or credentials', () => {
    const piece = fc.constantFrom(
      'https:',
      'http:',
      '//',
      '/',
      '@',
      ':',
      'api.example.com',
      'evil.test',
      '\\',
      '.',
      '#',
      '?',
      '8443',
      '\t',
      '%2e',
      'user',
    );
    const texts = fc.oneof(
      fc.webUrl(),
      fc.array(piece, { maxLength: 9 }).map((pieces) => `https://${pieces.join('')}`),
      fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let url: URL;
        try {
          url = checkUrl(text, { hosts: ['api.example.com'] });
        } catch (error) {
          expect(error).toMatchObject({ code: 'CAPSTAN_INVALID_ARGUMENTS' });
          return;
        }
        expect(url.origin.replace(/\.$/, '')).toBe('https://api.example.com');
        expect(url.username + url.password).toBe('');
      }),
      { numRuns: 1000 },
    );
  });
});
