import subprocess
import sys


def test_the_commitment_desk_does_not_load_the_database_before_it_is_asked() -> None:
    program = (
        "import sys, dicom_gateway.commitment;"
        "sys.exit(any(name.startswith(('sqlalchemy', 'psycopg')) for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
