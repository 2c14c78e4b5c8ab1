"""Preset dictionaries for deflate (RFC 1951; the idea is RFC 1950's FDICT): text that nearly every message has.

One short message gives deflate nothing to find again, so both ends agree on the words beforehand. A dictionary is part
of the format: it belongs to one version of the envelope, and one changed byte makes every message unreadable. To improve
one, add another and a new envelope version; `tests/exchange/test_compression.py` pins the digests of these.

What is used most stands last, where deflate's distances are shortest. Every byte is the name of a field or a code that
nodes exchange anyway; nothing comes from a case.
"""

_BODIES = (
    b'"subscriber""user-identification""traffic""content""life-integrity-safety""critical-infrastructure"'
    b'"out-of-scope""refused""privileged""descriptor-differs""not-under-hold""ordinary""emergency""police""judge"'
    b'"type":"ledger-restored","size":,"witnessed":,"witnessed_root":"'
    b'"type":"directory-seen","version":,"digest":"'
    b'"type":"key-rotated","key":"agreement","public":"","valid_from":"","certificate":"'
    b'"type":"review-requested","mark":"without-validation","size":,"root":"'
    b'"type":"review-answered","mark":"","openings":{"digest":"","size":},"key":"","acts":'
    b'"type":"review-concluded","mark":"","proven":,"complete":true,"code":"'
    b'"type":"case-closed","reason":"","type":"dossier-exported","digest":"","purpose":"'
    b'"type":"case-disposed","rule":"","keys":,"acts":,"exhibits":,"objects":,"unreachable":['
    b'{"what":"","holder":"","until":"'
    b'"type":"item-opened","exhibit":"","item":"","purpose":"","reasons":"'
    b'"type":"opening-refused","exhibit":"","purpose":"","code":"'
    b'"type":"production-validated","order":"","validating_kind":"prosecutor"'
    b'"type":"production-withdrawn","order":"","reason":"'
    b'"type":"production-ordered","measure":"","issuing_kind":"police","issuing":null,"data":null,"offence":null,'
    b'"emergency":null,"emergency_reasons":"","without_validation":true,"validation_unobtainable":"",'
    b'"domestic_equivalent":"'
    b'"type":"exhibit-destroyed","exhibit":"","reason":"","objects":'
    b'"type":"items-quarantined","exhibit":"","items":,"code":"'
    b'"type":"exhibit-received","exhibit":"","hand_over":"","manifest":"","objects_root":"","items":,"opened":true'
    b'"type":"exhibit-handed-over","exhibit":"","hold_exhibit":"","hold_root":"","items":,"size":,"manifest":{"digest":"",'
    b'"size":},"objects":[{"digest":"","size":},{"digest":"'
    b'"withheld":[{"reason":"out-of-scope","items":}],"key":"","order":"","encloses":["'
    b'"type":"exhibit-taken-in","exhibit":"","root":"","segments":,"items":,"size":'
    b'"type":"disclosure-ordered","measure":"","hold":"","scope":[{"label":"","categories":["content"],"period":null,'
    b'"names":[]}],"refused":['
    b'"type":"disclosure-decided","parts":[{"label":"","granted":true,"ground":"","reasons":""}],"conditions":['
    b'{"code":"","text":"'
    b'"type":"disclosure-requested","measure":"","hold":"","requesting":{"organisation":"'
    b'"type":"preservation-confirmed","exhibit":"","root":"","items":,"size":,"effected_at":"","at_least_until":"",'
    b'"encloses":["'
    b'"type":"request-refused","ground":"","reasons":"'
    b'"type":"hold-confirmed","exhibit":"","root":"","segments":,"items":,"size":,"effected_at":"","until":"'
    b'"type":"segment-sealed","exhibit":"","number":,"root":"","items":,"size":,"objects_root":"","objects":'
    b'"type":"preservation-ordered","measure":"","data":{"targets":[],"days":90,"grounds":"","confidential":true}}'
)

_SEALS = (
    b'{"alg":"ES256","PS256""purpose":"validate"'
    b'{"alg":"EdDSA","sigT":"2026-","x5t#S256":"","crit":["sigT"],"apprs":[{"officer":"","office":"prosecutor",'
    b'"purpose":"approve","credential":"","authenticator_data":"'
    # base64url of {"type":"webauthn.get","challenge":" and, where the challenge has 43 characters, of ","origin":"https://
    b'","client_data":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoi'
    b"Iiwib3JpZ2luIjoiaHR0cHM6Ly9"
    # base64url of ","crossOrigin":false} at the three places a byte can stand
    b'IiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ","IsImNyb3NzT3JpZ2luIjpmYWxzZX0","LCJjcm9zc09yaWdpbiI6ZmFsc2V9","signature":"'
    b'"}],"apprs":[]}'
)

_PAYLOAD = (
    b'"requesting":{"organisation":"","office":"contact-point","person":"","phone":"+","email":"","zone":"Europe/"},'
    b'"offence":{"code":"","provisions":"","max_penalty_years":},"facts":"","data":{"targets":[{"kind":"phone","value":"'
    b'{"kind":"imei","value":"{"kind":"account","value":"{"kind":"ipv6","value":"{"kind":"ipv4","value":"'
    b'{"kind":"email","value":""}],"categories":["subscriber","traffic","content"],"period":{"start":"2026-","end":"'
    b'T00:00:00Z"},"description":""},"link_to_offence":"","custodian":"provider","location":"","necessity":"",'
    b'"intends_mutual_assistance":true,"confidential":true}}'
    b'{"v":1,"issuer":"","to":[""],"case":"","nonce":"","at":"2026-","directory":1,"re":[],"act":{"type":"'
    b'preservation-requested","instrument":"EU 2023/1543","CETS185","urgency":"urgent","marks":[]},"seals":["EdDSA"],'
    b'"author":null,"author":{"officer":"","office":"contact-point"},"body":{"type":"preservation-requested","measure":"'
    b'expedited-preservation","'
)

BUNDLE_DICTIONARY = _BODIES + _SEALS + _PAYLOAD
"""For envelopes of version 1."""

ANSWER_DICTIONARY = (
    b'"not-addressed""unknown-type""unknown-sender""bad-seal""key-not-valid""bad-approval""not-competent""law-unmet"'
    b'"predecessor-missing""out-of-order""directory-unknown""unavailable""store-full""malformed""oversized"'
    b'{"alg":"EdDSA","sigT":"2026-","x5t#S256":"","crit":["sigT"],"apprs":[]}'
    b'{"receiver":"","sender":"","received_at":"2026-","first":,"acts":[{"act":"","salt":"","class_commitment":"'
    b'"},{"act":""}],"checkpoint":"/ledger\\n=\\n\\n\xe2\x80\x94 comity/=\\n","proof":["","'
)
"""For answers of version 1."""
