/** The scheme of a URI (RFC 3986, section 3.1), lower-cased; undefined where the text has none. */
export function schemeOf(uri: string): string | undefined {
  return /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase()
}

/** Whether a text can be a URI scheme (RFC 3986, section 3.1), in lower case as a datapath plugin's directory is named. */
export function isScheme(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*$/.test(text)
}
