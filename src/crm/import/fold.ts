// Headings made comparable: they match whatever their case, width and punctuation. Keeps crm-6.

/** A heading without case, width, （必填） and punctuation. */
export const foldHeading = (heading: string): string =>
  heading
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[([【]\s*(?:必填|必填项|选填|required|optional)\s*[)\]】]/g, '')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
