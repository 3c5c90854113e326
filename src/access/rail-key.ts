// The public key (Ed25519, SPKI) under which the guard rails are signed; written by sign-rails.ts.
export const railKey = 'MCowBQYDK2VwAyEAjnrhrQDSaxYN8rAXEbLnfUUXdYPgG+Ouuop5AUn4DtE='
