"""What a cue announces is replaced, in the languages of people and in code; what only looks like it stays."""

import pytest

from semtel_ops.conversations.scrub import RuleScrubber

scrubber = RuleScrubber()

FOUND = [
    # Passwords, language by language
    ("my password is hunter22", "my password is [SECRET]"),
    ("Password for the server: Tr0ub4dor&3.", "Password for the server: [SECRET]."),
    ("Das Passwort lautet Sommer2024!", "Das Passwort lautet [SECRET]"),
    ("Kennwort: k3nnw0rd", "Kennwort: [SECRET]"),
    ("le mot de passe est soleil123", "le mot de passe est [SECRET]"),
    ("mdp : azerty99!", "mdp : [SECRET]"),
    ("mi contraseña es gato1234", "mi contraseña es [SECRET]"),
    ("a senha é Brasil#10", "a senha é [SECRET]"),
    ("la password è pizza4ever", "la password è [SECRET]"),
    ("het wachtwoord is fiets2023", "het wachtwoord is [SECRET]"),
    ("hasło: Kot3k!pies", "hasło: [SECRET]"),
    ("мой пароль: qwerty123", "мой пароль: [SECRET]"),
    ("şifre: deniz2024", "şifre: [SECRET]"),
    ("lösenordet är: nej", "lösenordet är: nej"),
    ("lösenord: sommar99", "lösenord: [SECRET]"),
    ("密码是abc12345", "密码是[SECRET]"),
    ("密码：Qw3rty!!", "密码：[SECRET]"),
    ("パスワードは sakura2023 です", "パスワードは [SECRET] です"),
    ("비밀번호: hello1234", "비밀번호: [SECRET]"),
    ("كلمة المرور: test9876", "كلمة المرور: [SECRET]"),
    ("पासवर्ड: india@2024", "पासवर्ड: [SECRET]"),
    ("kata sandi: rahasia123", "kata sandi: [SECRET]"),
    ("WiFi password: CorrectHorse7", "WiFi password: [SECRET]"),
    # Forms of passwords
    ("password: 12345678", "password: [SECRET]"),
    ("password: P@$$w0rd", "password: [SECRET]"),
    ('password = "a\'b"', 'password = "a\'b"'),
    ('password = "CorrectHorse"', 'password = "[SECRET]"'),
    ("**Password:** `Winter2023!`", "**Password:** `[SECRET]`"),
    ("DB_PASS=s3cr3tpw", "DB_PASS=[SECRET]"),
    ("Server=db;User Id=sa;Password=Abc123!x;Encrypt=true", "Server=db;User Id=sa;Password=[SECRET];Encrypt=true"),
    ("mysqldump --password=Sup3rS3cret db", "mysqldump --password=[SECRET] db"),
    ("deploy --token a8f5f167f44f", "deploy --token [SECRET]"),
    ("curl -u admin:Sw0rdfish https://x.example", "curl -u admin:[SECRET] https://x.example"),
    ("WIFI:T:WPA;S:Home;P:letmein99;;", "WIFI:T:WPA;S:Home;P:[SECRET];;"),
    # Keys
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "aws_secret_access_key = [SECRET]"),
    ("AKIAIOSFODNN7EXAMPLE,wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "[SECRET],[SECRET]"),
    ("SECRET_KEY_BASE=9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c", "SECRET_KEY_BASE=[SECRET]"),
    ("Der API-Schlüssel ist 9f8A7b6C5d4E3f2G1h0I", "Der API-Schlüssel ist [SECRET]"),
    ("ma clé est 9f8A7b6C5d4E3f2G1h0I", "ma clé est [SECRET]"),
    ("мой ключ: 9f8A7b6C5d4E3f2G1h0I", "мой ключ: [SECRET]"),
    ("密钥：9f8A7b6C5d4E3f2G1h0I", "密钥：[SECRET]"),
    ("datadog: 9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c", "datadog: [SECRET]"),
    ("https://x.example/a?access_token=9f8A7b6C5d4E3f2G1h0I&x=1", "https://x.example/a?access_token=[SECRET]"),
    # One-time codes
    ("Your verification code is 482913.", "Your verification code is [SECRET]."),
    ("G-482 913 is wrong, the security code: 482 913", "G-482 913 is wrong, the security code: [SECRET]"),
    ("Dein Bestätigungscode lautet: 482913", "Dein Bestätigungscode lautet: [SECRET]"),
    ("Votre code de vérification est 482913", "Votre code de vérification est [SECRET]"),
    ("tu código de verificación es 4829", "tu código de verificación es [SECRET]"),
    ("код подтверждения: 482913", "код подтверждения: [SECRET]"),
    ("验证码：482913，五分钟内有效", "验证码：[SECRET]，五分钟内有效"),
    ("認証コード：482913", "認証コード：[SECRET]"),
    ("CVV 123", "CVV [SECRET]"),
    ("my PIN is 4821", "my PIN is [SECRET]"),
    # Seed phrases
    (
        "seed phrase: abandon ability able about above absent absorb abstract absurd abuse access accident",
        "seed phrase: [SECRET]",
    ),
]

KEPT = [
    "password: string, password=None, password = getpass()",
    "password = os.environ['DB_PASSWORD'] or $DB_PASSWORD or ${DB_PASSWORD}",
    "if not check_password(user.password, form.password): return 'Password is correct!'",
    'password = "mypassword"; {"password": "Passwort", "token": "Token"}',
    "Passwords must be 8 characters. Password: required. The password is wrong.",
    "arguments to pass to `target` and tests that pass: all",
    "the key is understanding; the secret is patience; token: str",
    "api_key = YOUR_API_KEY, token=<token>, secret: ********, key = xxxxxxxxxxxxxxxx1",
    "def get(self, key: PositionalIndexer2D, public_key: ed25519.Ed25519PublicKey) -> None",
    "lp2lp_zpk_signature = lp2bs_zpk_signature",
    "config_key: settings/production/v2/database",
    "NextToken: 9f8A7b6C5d4E3f2G1h0I and page_token=9f8A7b6C5d4E3f2G1h0I",
    "ssh public key: 9f8A7b6C5d4E3f2G1h0I, key_sha256: bb1636883c2707b51c5b7fc26c6927af4430f2e0",
    "error code 404, zip code 90210, code 1234, country code: 0049",
    "recovery phrase: write the words on paper and keep them for your family in a safe place",
    "Sentry, Twitter: see https://example.com/blog/2024/05/01/a-long-title-about-things",
]


@pytest.mark.parametrize(("text", "scrubbed"), FOUND)
def test_what_a_cue_announces_is_replaced(text: str, scrubbed: str) -> None:
    assert scrubber.scrub(text).text == scrubbed


@pytest.mark.parametrize(("text", "scrubbed"), FOUND)
def test_many_texts_at_once_are_replaced_alike(text: str, scrubbed: str) -> None:
    found = scrubber.scrub_all(["nothing", text]).get(1)
    assert (found.text if found else text) == scrubbed


@pytest.mark.parametrize("text", KEPT)
def test_code_examples_and_prose_stay(text: str) -> None:
    assert scrubber.scrub(text).text == text
