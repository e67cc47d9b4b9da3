const EMAIL = /^[^\s@]+@[^\s@]+$/;

/**
 * Bare runs of digits are what most loyalty cards carry, so only shapes that are phone numbers by convention count:
 * a leading + or 00, a trunk 0 with 10 or 11 digits, a Chinese mobile, groups as people write them.
 */
const PHONE = [
  /^\+[\d\s().\/-]{7,22}$/,
  /^00[1-9]\d{9,12}$/,
  /^0[1-9]\d{8,9}$/,
  /^1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}$/,
  /^(1[\s.-])?\d{3}[\s.-]\d{3}[\s.-]\d{4}$/,
  /^0\d{1,4}([\s.-]\d{2,4}){2,4}$/,
  /^0\d{2,4}[\s.-]\d{6,8}$/,
  /^\(0?\d{2,4}\)[\s.-]?\d{3,4}[\s.-]?\d{3,4}$/,
];
const PHONE_DIGITS = { least: 7, most: 15 };

/** Does a member id look like an e-mail address or a phone number? Ids are opaque: personal data must not become a key. */
export function looksPersonal(member: string): boolean {
  const id = member.normalize('NFKC');
  if (EMAIL.test(id)) return true;
  const first = id.charCodeAt(0);
  // Most ids are told apart by their first character: a digit, + or ( begins every phone number.
  if (!(first >= 48 && first <= 57) && first !== 43 && first !== 40) return false;
  if (!PHONE.some((shape) => shape.test(id))) return false;
  const digits = id.replace(/\D/g, '').length;
  return digits >= PHONE_DIGITS.least && digits <= PHONE_DIGITS.most;
}
