/* Name constraints (RFC 5280, section 4.2.1.10): each issuer's against every name below it.  That is the same as
 * section 6.1's intersection of all permitted and union of all excluded subtrees, and needs no memory.
 *
 * Stricter than the RFC where it leaves room: a constraint of a form that is not known refuses every name of that
 * form, critical or not, and so does a name that is malformed where names of its form are constrained. */
#include "x509/der.h"
#include "x509/general_name.h"
#include "x509/judge.h"
#include "x509/text.h"

#include <stdio.h>

/* What one issuer says. */
typedef struct constraints {
	otls_bytes permitted, excluded;           /* contents of GeneralSubtrees; data NULL: none */
	unsigned permitted_forms, excluded_forms; /* one bit for each form of GeneralName that is in them */
} constraints;

/* == the forms == */

static unsigned
form_bit(uint8_t tag)
{
	return 1u << (tag & 0x1f);
}

static otls_bytes
behind(otls_bytes bytes, size_t skipped)
{
	return otls__bytes(bytes.data + skipped, bytes.len - skipped);
}

/* Some labels and then base. */
static bool
is_below(otls_bytes host, otls_bytes base)
{
	return host.len > base.len + 1 && host.data[host.len - base.len - 1] == '.' &&
	       otls__host_equal(behind(host, host.len - base.len), base);
}

static bool
is_wildcard(otls_bytes name)
{
	return name.len > 2 && name.data[0] == '*' && name.data[1] == '.';
}

static bool
dns_name_valid(otls_bytes name)
{
	return otls__is_host_name(is_wildcard(name) ? behind(name, 2) : name);
}

/* RFC 5280 has no leading dot here; the empty name covers everything. */
static bool
dns_base_valid(otls_bytes base)
{
	return base.len == 0 || otls__is_host_name(base);
}

static bool
dns_within(otls_bytes name, otls_bytes base)
{
	return base.len == 0 || otls__host_equal(name, base) || is_below(name, base);
}

/* A wildcard is touched by what is excluded for one of the names that it stands for. */
static bool
dns_touches(otls_bytes name, otls_bytes base)
{
	otls_bytes parent;
	const uint8_t *dot;

	if (dns_within(name, base))
		return true;
	dot = base.len == 0 ? NULL : memchr(base.data, '.', base.len);
	if (!is_wildcard(name) || dot == NULL)
		return false;
	parent = behind(base, (size_t)(dot - base.data) + 1);
	return otls__host_equal(parent, behind(name, 2));
}

/* A host, or with a leading dot all hosts below a domain. */
static bool
domain_base_valid(otls_bytes base)
{
	return otls__is_host_name(base.len > 0 && base.data[0] == '.' ? behind(base, 1) : base);
}

static bool
host_within(otls_bytes host, otls_bytes base)
{
	return base.data[0] == '.' ? is_below(host, behind(base, 1)) : otls__host_equal(host, base);
}

static bool
split_mailbox(otls_bytes mailbox, otls_bytes *local, otls_bytes *host)
{
	const uint8_t *at = mailbox.len == 0 ? NULL : memchr(mailbox.data, '@', mailbox.len);

	if (at == NULL)
		return false;
	*local = otls__bytes(mailbox.data, (size_t)(at - mailbox.data));
	*host = behind(mailbox, local->len + 1);
	return true;
}

static bool
is_printable(otls_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
			return false;
	}
	return true;
}

/* A local part may be in UTF-8 (RFC 9598, section 3).  Quoted ones with "@" inside are not read: they count as malformed. */
static bool
is_local_part(otls_bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] == 0x7f)
			return false;
	}
	return text.len > 0 && otls__is_utf8(text);
}

static bool
email_name_valid(otls_bytes name)
{
	otls_bytes local, host;

	return split_mailbox(name, &local, &host) && is_local_part(local) && otls__is_host_name(host);
}

static bool
email_base_valid(otls_bytes base)
{
	return is_printable(base) && (email_name_valid(base) || domain_base_valid(base));
}

/* The local part is compared as it is, the host without regard to case. */
static bool
email_within(otls_bytes name, otls_bytes base)
{
	otls_bytes local, host, base_local, base_host;

	if (!split_mailbox(base, &base_local, &base_host))
		return split_mailbox(name, &local, &host) && host_within(host, base);
	return split_mailbox(name, &local, &host) && otls__bytes_equal(local, base_local) &&
	       otls__host_equal(host, base_host);
}

/* The host of "scheme://user@host:port/path". */
static bool
uri_host(otls_bytes uri, otls_bytes *host)
{
	size_t start = 0, end;

	while (start < uri.len && uri.data[start] != ':')
		start++;
	if (start == 0 || start + 3 > uri.len || memcmp(uri.data + start, "://", 3) != 0)
		return false;
	start += 3;
	for (end = start; end < uri.len && memchr("/?#", uri.data[end], 3) == NULL; end++) {
		if (uri.data[end] == '@')
			start = end + 1;
	}
	*host = otls__bytes(uri.data + start, end - start);
	for (size_t i = 0; i < host->len; i++) {
		if (host->data[i] == ':')
			host->len = i;
	}
	return true;
}

/* RFC 5280: what has no host name as its authority is to be refused. */
static bool
uri_name_valid(otls_bytes name)
{
	otls_bytes host;

	return uri_host(name, &host) && otls__is_host_name(host) && !otls__ends_in_number(host);
}

static bool
uri_within(otls_bytes name, otls_bytes base)
{
	otls_bytes host;

	return uri_host(name, &host) && host_within(host, base);
}

static bool
ip_name_valid(otls_bytes name)
{
	return name.len == 4 || name.len == 16;
}

/* An address and a mask of the same length, its ones before its zeros. */
static bool
ip_base_valid(otls_bytes base)
{
	const uint8_t *mask = base.data + base.len / 2;
	bool ended = false;

	if (base.len != 8 && base.len != 32)
		return false;
	for (size_t bit = 0; bit < base.len / 2 * 8; bit++) {
		bool one = (mask[bit / 8] >> (7 - bit % 8) & 1) != 0;
		if (one && ended)
			return false;
		ended = !one;
	}
	return true;
}

static bool
ip_within(otls_bytes name, otls_bytes base)
{
	if (base.len != 2 * name.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (((name.data[i] ^ base.data[i]) & base.data[name.len + i]) != 0)
			return false;
	}
	return true;
}

typedef struct name_form {
	uint8_t tag;
	bool (*name_valid)(otls_bytes name);
	bool (*base_valid)(otls_bytes base);
	bool (*within)(otls_bytes name, otls_bytes base);  /* permits it */
	bool (*touches)(otls_bytes name, otls_bytes base); /* excludes it */
} name_form;

static const name_form forms[] = {
	{ OTLS_GENERAL_NAME_DNS, dns_name_valid, dns_base_valid, dns_within, dns_touches },
	{ OTLS_GENERAL_NAME_IP, ip_name_valid, ip_base_valid, ip_within, ip_within },
	{ OTLS_GENERAL_NAME_EMAIL, email_name_valid, email_base_valid, email_within, email_within },
	{ OTLS_GENERAL_NAME_URI, uri_name_valid, domain_base_valid, uri_within, uri_within },
	{ OTLS_GENERAL_NAME_DIRECTORY, otls__name_valid, otls__name_valid, otls__name_within, otls__name_within },
};

static const name_form *
find_form(uint8_t tag)
{
	for (size_t i = 0; i < OTLS_COUNT(forms); i++) {
		if (forms[i].tag == tag)
			return &forms[i];
	}
	return NULL;
}

/* == reading == */

/* One GeneralSubtree; minimum and maximum are not used in this profile. */
static bool
read_subtree(otls_der *subtrees, uint8_t *tag, otls_bytes *base)
{
	otls_der subtree;

	return otls__der_enter(subtrees, OTLS_DER_SEQUENCE, &subtree) && otls__der_any(&subtree, tag, base, NULL) &&
	       otls__der_done(&subtree);
}

static bool
read_subtrees(otls_bytes contents, unsigned *found)
{
	otls_der subtrees = otls__der(contents, NULL);
	otls_bytes base;
	uint8_t tag;

	if (contents.len == 0)
		return false;
	while (otls__der_more(&subtrees)) {
		const name_form *form;
		if (!read_subtree(&subtrees, &tag, &base))
			return false;
		form = find_form(tag);
		if (form != NULL && !form->base_valid(base))
			return false;
		*found |= form_bit(tag);
	}
	return otls__der_done(&subtrees);
}

/* At least one of the two lists, and neither of them empty. */
static bool
read_constraints(otls_bytes contents, constraints *set)
{
	otls_der der = otls__der(contents, NULL);

	*set = (constraints){ .permitted_forms = 0 };
	if (otls__der_next_is(&der, OTLS_DER_CONTEXT_CONSTRUCTED(0)) &&
	    (!otls__der_read(&der, OTLS_DER_CONTEXT_CONSTRUCTED(0), &set->permitted) ||
		!read_subtrees(set->permitted, &set->permitted_forms)))
		return false;
	if (otls__der_next_is(&der, OTLS_DER_CONTEXT_CONSTRUCTED(1)) &&
	    (!otls__der_read(&der, OTLS_DER_CONTEXT_CONSTRUCTED(1), &set->excluded) ||
		!read_subtrees(set->excluded, &set->excluded_forms)))
		return false;
	return otls__der_done(&der) && (set->permitted_forms | set->excluded_forms) != 0;
}

/* == judging == */

typedef struct inquiry {
	otls_judge *judge;
	constraints set;
	uint8_t tag; /* of the name that is not allowed */
	otls_bytes name;
} inquiry;

/* Pays for one step and the bytes that it looks at; false: the budget has run out, and nothing counts any more. */
static bool
spend(otls_judge *judge, size_t bytes)
{
	return otls__spend_steps(judge, bytes, "there are too many names and name constraints");
}

/* Whether one of the bases of this form matches. */
static bool
any_matches(inquiry *ask, otls_bytes list, uint8_t tag, otls_bytes name, bool (*matches)(otls_bytes, otls_bytes))
{
	otls_der subtrees = otls__der(list, NULL);
	otls_bytes base;
	uint8_t base_tag;

	while (otls__der_more(&subtrees) && read_subtree(&subtrees, &base_tag, &base)) {
		if (!spend(ask->judge, base.len))
			return false;
		if (base_tag == tag && matches(name, base))
			return true;
	}
	return false;
}

static bool
is_allowed(inquiry *ask, uint8_t tag, otls_bytes name)
{
	const name_form *form = find_form(tag);
	bool permits = (ask->set.permitted_forms & form_bit(tag)) != 0;
	bool excludes = (ask->set.excluded_forms & form_bit(tag)) != 0;

	if (!permits && !excludes)
		return true;
	ask->tag = tag;
	ask->name = name;
	if (form == NULL || !form->name_valid(name))
		return false;
	if (excludes && any_matches(ask, ask->set.excluded, tag, name, form->touches))
		return false;
	return !permits || any_matches(ask, ask->set.permitted, tag, name, form->within);
}

/* An address in UTF-8 (SmtpUTF8Mailbox): what is said of addresses binds it, too (RFC 9598, section 6).  OtherName
 * without its tag; false: it is something else. */
static bool
read_mailbox(otls_bytes other_name, otls_bytes *mailbox)
{
	otls_der der = otls__der(other_name, NULL), value;
	otls_bytes oid;

	return otls__der_oid(&der, &oid) && otls__bytes_equal(oid, OTLS_OID("\x2b\x06\x01\x05\x05\x07\x08\x09")) &&
	       otls__der_enter(&der, OTLS_DER_CONTEXT_CONSTRUCTED(0), &value) &&
	       otls__der_read(&value, OTLS_DER_UTF8_STRING, mailbox);
}

static bool
alternative_name_allowed(inquiry *ask, uint8_t tag, otls_bytes name)
{
	otls_bytes mailbox;

	if (!spend(ask->judge, 0) || !is_allowed(ask, tag, name))
		return false;
	return tag != OTLS_GENERAL_NAME_OTHER || !read_mailbox(name, &mailbox) ||
	       is_allowed(ask, OTLS_GENERAL_NAME_EMAIL, mailbox);
}

/* What kinds of names there are among the alternative ones. */
typedef struct kinds {
	bool email, host;
} kinds;

static bool
alternative_names_allowed(inquiry *ask, const otls_certificate *cert, kinds *found)
{
	otls_der names = otls__der(cert->san, NULL);
	otls_bytes name;
	uint8_t tag;

	while (otls__der_more(&names) && otls__der_any(&names, &tag, &name, NULL)) {
		found->email = found->email || tag == OTLS_GENERAL_NAME_EMAIL;
		found->host = found->host || otls__names_host(tag, name);
		if (!alternative_name_allowed(ask, tag, name))
			return false;
	}
	return true;
}

/* Where there is no e-mail address among the alternative names, those in the subject count (RFC 5280, 4.2.1.10). */
static bool
subject_emails_allowed(inquiry *ask, otls_bytes subject)
{
	otls_der name = otls__der(subject, NULL), rdns, rdn, attribute;
	otls_bytes oid, value;

	if (!otls__der_enter(&name, OTLS_DER_SEQUENCE, &rdns))
		return true;
	while (otls__der_more(&rdns) && otls__der_enter(&rdns, OTLS_DER_SET, &rdn)) {
		while (otls__der_more(&rdn) && otls__der_enter(&rdn, OTLS_DER_SEQUENCE, &attribute)) {
			if (otls__der_oid(&attribute, &oid) &&
			    otls__bytes_equal(oid, OTLS_OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")) &&
			    otls__der_any(&attribute, NULL, &value, NULL) &&
			    !is_allowed(ask, OTLS_GENERAL_NAME_EMAIL, value))
				return false;
		}
	}
	return true;
}

/* A common name that could be taken for a host name, where there is no other. */
static bool
common_name_allowed(inquiry *ask, const otls_certificate *leaf)
{
	otls_bytes cn;

	if (!otls__certificate_cn(leaf, &cn) || !dns_name_valid(cn) || memchr(cn.data, '.', cn.len) == NULL ||
	    otls__ends_in_number(cn))
		return true;
	return is_allowed(ask, OTLS_GENERAL_NAME_DNS, cn);
}

static bool
names_allowed(inquiry *ask, const otls_certificate *cert, bool is_leaf)
{
	kinds found = { .email = false };

	if (!spend(ask->judge, cert->subject.len))
		return false;
	if (cert->subject.len > 2 && !is_allowed(ask, OTLS_GENERAL_NAME_DIRECTORY, cert->subject))
		return false;
	return alternative_names_allowed(ask, cert, &found) &&
	       (found.email || subject_emails_allowed(ask, cert->subject)) &&
	       (!is_leaf || found.host || common_name_allowed(ask, cert));
}

static void
describe(const inquiry *ask, const otls_certificate *issuer, char *detail, size_t cap)
{
	const char *subject = otls_certificate_subject(issuer);
	char name[64] = "one of its names";
	bool text = ask->tag == OTLS_GENERAL_NAME_DNS || ask->tag == OTLS_GENERAL_NAME_EMAIL ||
		    ask->tag == OTLS_GENERAL_NAME_URI;

	if (text && ask->name.len < sizeof(name) - 1 && is_printable(ask->name))
		snprintf(name, sizeof(name), "%.*s", (int)ask->name.len, (const char *)ask->name.data);
	else if (ask->tag == OTLS_GENERAL_NAME_IP)
		snprintf(name, sizeof(name), "one of its IP addresses");
	snprintf(detail, cap, "%s is outside what %.*s may certify", name, otls__fit(subject, 64), subject);
}

/* One issuer's constraints on all that is below it but self-issued authorities. */
static bool
check_issuer(otls_judge *judge, const otls_path *path, size_t issuer, otls_finding *finding)
{
	otls_bytes contents = path->nodes[issuer]->cert->name_constraints;
	inquiry ask = { .judge = judge };
	char detail[sizeof(finding->detail)];

	if (!spend(judge, contents.len))
		return false;
	if (!read_constraints(contents, &ask.set))
		return otls__find(finding, OTLS_REASON_MALFORMED, (int)issuer, "its name constraints are malformed");
	for (size_t i = issuer; i-- > 0 && judge->spent == NULL;) {
		if ((i > 0 && path->nodes[i]->self_issued) || names_allowed(&ask, path->nodes[i]->cert, i == 0))
			continue;
		describe(&ask, path->nodes[issuer]->cert, detail, sizeof(detail));
		if (otls__find(finding, OTLS_REASON_NAME_CONSTRAINTS, (int)i, detail))
			return true;
	}
	return false;
}

bool
otls__check_constraints(otls_judge *judge, const otls_path *path, otls_finding *finding)
{
	for (size_t i = path->len - 1; i > 0; i--) {
		if (path->nodes[i]->cert->name_constraints.data != NULL && check_issuer(judge, path, i, finding))
			return true;
	}
	return false;
}
